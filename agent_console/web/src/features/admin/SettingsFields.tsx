/** A form made from the schema of a channel's settings. What must be filled in comes first; the rest is folded away. */
import { NumberInput, PasswordInput, Select, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { asValues, emptyOf, type Field, isEssential, isKept, type Values } from "@/features/admin/settings";
import { useFaultAt } from "@/features/admin/use-saving";
import type { Fault } from "@/lib/api/problems";
import { Button } from "@/ui/Button";

interface Props {
  fields: readonly Field[];
  values: Values;
  onChange: (values: Values) => void;
  path: string; // of these fields in the request's body: where the hub says its faults are
  faults: readonly Fault[];
  secretsSet: readonly string[];
}

export function SettingsFields(props: Props) {
  const { t } = useTranslation();
  const essential = props.fields.filter(isEssential);
  const other = props.fields.filter((field) => !isEssential(field));
  const draw = (field: Field) => <OneField key={field.name} field={field} {...props} />;
  return (
    <div className={css.fields}>
      {essential.map(draw)}
      {other.length > 0 && essential.length > 0 ? (
        <details className={css.advanced}>
          <summary>{t("admin.moreSettings", { count: other.length })}</summary>
          <div className={css.fields}>{other.map(draw)}</div>
        </details>
      ) : (
        other.map(draw)
      )}
    </div>
  );
}

type Loose = (key: string) => string;

/** Every setting there is has a label in both languages (scripts/catalogs.mjs); one of a newer hub shows its own name. */
function useLabel(): (name: string) => string {
  const { t, i18n } = useTranslation();
  return (name) => (i18n.exists(`setting.${name}`) ? (t as unknown as Loose)(`setting.${name}`) : name);
}

function OneField({ field, values, onChange, path, faults, secretsSet }: Props & { field: Field }) {
  const { t } = useTranslation();
  const labelOf = useLabel();
  const value = values[field.name];
  const place = `${path}.${field.name}`;
  const set = (next: unknown) => onChange({ ...values, [field.name]: next });
  const fault = useFaultAt(faults)(place);
  const common = {
    label: labelOf(field.name),
    ...(fault && field.kind !== "group" && field.kind !== "variants" && { error: fault }),
  };
  if (isKept(field, value, secretsSet)) return <Kept label={common.label} onReplace={() => set(emptyOf(field))} />;
  switch (field.kind) {
    case "text":
      return field.isLong ? (
        <Textarea
          {...common}
          className={css.wide}
          autosize
          minRows={1}
          value={asText(value)}
          placeholder={asText(field.start)}
          onChange={(e) => set(e.currentTarget.value)}
        />
      ) : (
        <TextInput
          {...common}
          value={asText(value)}
          placeholder={asText(field.start)}
          spellCheck={false}
          onChange={(e) => set(e.currentTarget.value)}
        />
      );
    case "secret":
      return (
        <PasswordInput
          {...common}
          autoComplete="new-password"
          value={asText(value)}
          placeholder={secretsSet.includes(secretName(place)) ? t("admin.secretSet") : ""}
          visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
          onChange={(e) => set(e.currentTarget.value)}
        />
      );
    case "number":
      return (
        <NumberInput
          {...common}
          value={typeof value === "number" ? value : ""}
          placeholder={asText(field.start)}
          allowDecimal={!field.isWhole}
          {...(field.min !== undefined && { min: field.min })}
          {...(field.max !== undefined && { max: field.max })}
          onChange={set}
        />
      );
    case "switch":
      return (
        <Switch
          className={css.switchBeside}
          {...common}
          checked={(value ?? field.start) === true}
          onChange={(e) => set(e.currentTarget.checked)}
        />
      );
    case "choice":
      return (
        <Select
          {...common}
          data={[...field.choices]}
          value={asText(value ?? field.start) || null}
          clearable={field.mayBeNull}
          comboboxProps={{ withinPortal: true }}
          onChange={(next) => set(next ?? undefined)}
        />
      );
    case "texts":
      return (
        <TagsInput
          {...common}
          className={css.wide}
          description={t("admin.tagsHint")}
          value={Array.isArray(value) ? value.map(String) : Array.isArray(field.start) ? field.start.map(String) : []}
          onChange={set}
        />
      );
    case "group":
      return (
        <fieldset className={css.group}>
          <legend>{common.label}</legend>
          <SettingsFields
            fields={field.fields}
            values={asValues(value)}
            onChange={set}
            path={place}
            faults={faults}
            secretsSet={secretsSet}
          />
        </fieldset>
      );
    case "variants":
      return (
        <Variants
          field={field}
          label={common.label}
          value={asValues(value)}
          onChange={set}
          path={place}
          faults={faults}
          secretsSet={secretsSet}
        />
      );
    case "json":
      return (
        <Textarea
          {...common}
          className={css.wide}
          description={t("admin.jsonHint")}
          autosize
          minRows={2}
          maxRows={12}
          spellCheck={false}
          value={typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value, null, 2)}
          placeholder={field.start === undefined ? "" : JSON.stringify(field.start)}
          onChange={(e) => set(e.currentTarget.value)}
        />
      );
  }
}

/** It holds a secret, so the hub does not show it again: it stays, or is given anew as a whole. */
function Kept({ label, onReplace }: { label: string; onReplace: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={css.kept}>
      <span className={css.words}>
        <span className={css.name}>{label}</span>
        <br />
        <span className={css.meta}>{t("admin.kept")}</span>
      </span>
      <Button size="s" onClick={onReplace}>
        {t("admin.replace")}
      </Button>
    </div>
  );
}

interface VariantsProps extends Omit<Props, "fields" | "values" | "onChange"> {
  field: Extract<Field, { kind: "variants" }>;
  label: string;
  value: Values;
  onChange: (value: unknown) => void;
}

function Variants({ field, label, value, onChange, ...rest }: VariantsProps) {
  const labelOf = useLabel();
  const names = Object.keys(field.variants);
  const chosen = String(value[field.by] ?? names[0]);
  return (
    <fieldset className={css.group}>
      <legend>{label}</legend>
      <Select
        label={labelOf(field.by)}
        data={names}
        value={chosen}
        allowDeselect={false}
        comboboxProps={{ withinPortal: true }}
        onChange={(next) => next && onChange({ [field.by]: next })}
      />
      <SettingsFields fields={field.variants[chosen] ?? []} values={value} onChange={onChange} {...rest} />
    </fieldset>
  );
}

/** Secrets are named from the settings down: pbx.signing_secret. */
function secretName(place: string): string {
  return place.replace(/^body\.settings\./, "");
}

function asText(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}
