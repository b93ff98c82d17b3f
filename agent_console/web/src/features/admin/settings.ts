/** The JSON Schema of a channel's settings, as the fields of a form; and the form's values, as settings. Pure.
 *
 * Understood: text, numbers, switches, choices, lists of texts, nested groups and variants told apart by one field.
 * Anything else becomes a field for JSON, so that no setting is out of reach.
 */

export interface Schema {
  readonly type?: string;
  readonly title?: string;
  readonly format?: string;
  readonly writeOnly?: boolean;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly discriminator?: { readonly propertyName: string; readonly mapping?: Readonly<Record<string, string>> };
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
}

export type Values = Readonly<Record<string, unknown>>;

interface Common {
  readonly name: string;
  readonly isRequired: boolean;
  readonly mayBeNull: boolean;
  readonly start: unknown; // the schema's default
}

export type Field =
  | (Common & { readonly kind: "text"; readonly isLong: boolean })
  | (Common & { readonly kind: "secret" })
  | (Common & { readonly kind: "number"; readonly min?: number; readonly max?: number; readonly isWhole: boolean })
  | (Common & { readonly kind: "switch" })
  | (Common & { readonly kind: "choice"; readonly choices: readonly string[] })
  | (Common & { readonly kind: "texts"; readonly isSecret: boolean })
  | (Common & { readonly kind: "group"; readonly fields: readonly Field[] })
  | (Common & {
      readonly kind: "variants";
      readonly by: string;
      readonly variants: Readonly<Record<string, readonly Field[]>>;
    })
  | (Common & { readonly kind: "json" });

const LONG_FROM_CHARS = 200;

export function fieldsOf(schema: Schema, root: Schema = schema): readonly Field[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {})
    .filter(([, property]) => resolve(property, root).const === undefined)
    .map(([name, property]) => fieldOf(name, property, required.has(name), root));
}

function fieldOf(name: string, given: Schema, isRequired: boolean, root: Schema): Field {
  const options = (given.anyOf ?? []).filter((option) => option.type !== "null");
  const mayBeNull = (given.anyOf ?? []).some((option) => option.type === "null");
  const schema = resolve(options.length === 1 ? { ...given, ...resolve(options[0] as Schema, root) } : given, root);
  const common: Common = { name, isRequired, mayBeNull, start: given.default };
  if (isSecret(schema)) return { ...common, kind: "secret" };
  if (schema.enum) return { ...common, kind: "choice", choices: schema.enum.map(String) };
  const variants = variantsOf(schema, root);
  if (variants) return { ...common, kind: "variants", ...variants };
  switch (schema.type) {
    case "string":
      return { ...common, kind: "text", isLong: (schema.maxLength ?? 0) >= LONG_FROM_CHARS };
    case "integer":
    case "number":
      return {
        ...common,
        kind: "number",
        isWhole: schema.type === "integer",
        ...(schema.minimum !== undefined && { min: schema.minimum }),
        ...(schema.maximum !== undefined && { max: schema.maximum }),
      };
    case "boolean":
      return { ...common, kind: "switch" };
    case "array": {
      const items = resolve(schema.items ?? {}, root);
      return items.type === "string"
        ? { ...common, kind: "texts", isSecret: isSecret(items) }
        : { ...common, kind: "json" };
    }
    case "object":
      return schema.properties
        ? { ...common, kind: "group", fields: fieldsOf(schema, root) }
        : { ...common, kind: "json" };
    default:
      return { ...common, kind: "json" };
  }
}

function variantsOf(schema: Schema, root: Schema) {
  const by = schema.discriminator?.propertyName;
  if (!schema.oneOf || by === undefined) return null;
  const named = schema.oneOf.map((option) => {
    const variant = resolve(option, root);
    const tag = resolve(variant.properties?.[by] ?? {}, root);
    return [String(tag.const ?? tag.enum?.[0] ?? ""), fieldsOf(variant, root)] as const;
  });
  return { by, variants: Object.fromEntries(named) };
}

function isSecret(schema: Schema): boolean {
  return schema.format === "password" || schema.writeOnly === true;
}

function resolve(schema: Schema, root: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  const target = name === undefined ? undefined : root.$defs?.[name];
  return target === undefined ? schema : resolve({ ...target, ...without(schema, "$ref") }, root);
}

function without(schema: Schema, key: keyof Schema): Schema {
  const { [key]: _, ...rest } = schema;
  return rest;
}

/** Must be filled in before anything else makes sense; the rest can stay as it is. */
export function isEssential(field: Field): boolean {
  return field.isRequired || field.kind === "secret";
}

/** A group or list with a secret in it comes back as nothing but its name; untouched, it stays as the hub has it. */
export function isKept(field: Field, value: unknown, secretsSet: readonly string[]): boolean {
  return field.kind !== "secret" && value === undefined && secretsSet.includes(field.name);
}

/** What such a field starts from when it is given anew. */
export function emptyOf(field: Field): unknown {
  return field.kind === "texts" ? [] : {};
}

/** What goes to the hub: what was left empty is left out, so that its default (or the secret that is set) stays. */
export function toSettings(
  fields: readonly Field[],
  values: Values,
  secretsSet: readonly string[] = [],
): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const field of fields) {
    if (isKept(field, values[field.name], secretsSet)) continue;
    const value = toSetting(field, values[field.name]);
    if (value !== undefined) settings[field.name] = value;
  }
  return settings;
}

function toSetting(field: Field, value: unknown): unknown {
  if (field.kind === "group") return toSettings(field.fields, asValues(value));
  if (field.kind === "variants") {
    const given = asValues(value);
    const tag = String(given[field.by] ?? Object.keys(field.variants)[0]);
    return { [field.by]: tag, ...toSettings(field.variants[tag] ?? [], given) };
  }
  if (field.kind === "json") return typeof value === "string" ? parsed(value) : value;
  if (value === "" || value === undefined) return undefined;
  return value;
}

export function asValues(value: unknown): Values {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Values) : {};
}

/** Text that is no JSON yet goes as it is: the hub says what is wrong with it. */
function parsed(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
