/** The catalogs, against each other and against everything that needs a sentence. Any gap fails the build.
 *
 * vi.json and en.json come with the first screen; admin.vi.json and admin.en.json with the pages in features/admin.
 *
 * 1. Both languages have the same keys (plural forms apart) with the same {{parameters}}.
 * 2. Every value of the hub's enums that people see has words (from the generated client).
 * 3. Every explanation code, problem code and channel setting in the hub's source has a sentence or label. Where only
 *    the front end is checked out (a container build), 3 is left out; CI has both.
 * 4. Every key is used, and every key that the code names is there (the latter by the type checker). What comes with the
 *    pages of a folder is used in that folder only: elsewhere it may not be loaded.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const hub = dirname(dirname(web));
const faults = [];

const MAIN = "main";
const parts = readCatalogs();
/** key (plural forms apart) -> the part it is in */
const keys = new Map(parts.flatMap(({ name, vi }) => [...vi.keys()].map((key) => [withoutPlural(key, vi), name])));

for (const part of parts) compareCatalogs(part);
checkEnums();
checkSources();
checkUse();

if (faults.length > 0) {
  process.stderr.write(`${faults.join("\n")}\n${faults.length} faults in the catalogs\n`);
  process.exit(1);
}

function readCatalogs() {
  const folder = join(web, "src/locales");
  const names = readdirSync(folder).map((file) => file.match(/^(?:(\w+)\.)?(?:vi|en)\.json$/)?.[1] ?? MAIN);
  return [...new Set(names)].map((name) => {
    const read = (locale) => {
      const file = join(folder, name === MAIN ? `${locale}.json` : `${name}.${locale}.json`);
      return existsSync(file) ? flat(JSON.parse(readFileSync(file, "utf8"))) : new Map();
    };
    return { name, vi: read("vi"), en: read("en") };
  });
}

function flat(node, prefix = "") {
  const found = new Map();
  for (const [name, value] of Object.entries(node)) {
    if (typeof value === "string") found.set(prefix + name, value);
    else for (const [key, text] of flat(value, `${prefix}${name}.`)) found.set(key, text);
  }
  return found;
}

/** count_one and count_other are the forms of count; a key that merely ends in _one is itself. */
function withoutPlural(key, catalog) {
  const stem = key.replace(/_(one|other)$/, "");
  return catalog.has(`${stem}_other`) ? stem : key;
}

function parameters(text) {
  return [...text.matchAll(/\{\{(\w+)\}\}/g)]
    .map((match) => match[1])
    .sort()
    .join(",");
}

function compareCatalogs({ name, vi, en }) {
  const english = new Set([...en.keys()].map((key) => withoutPlural(key, en)));
  const vietnamese = new Set([...vi.keys()].map((key) => withoutPlural(key, vi)));
  for (const key of vietnamese) {
    if (!english.has(key)) faults.push(`${name}: no English words for ${key}`);
    if (keys.get(key) !== name) faults.push(`${key} is in two parts, ${name} and ${keys.get(key)}`);
  }
  for (const key of english) if (!vietnamese.has(key)) faults.push(`${name}: no Vietnamese words for ${key}`);
  for (const [key, text] of en) {
    const other = vi.get(key) ?? vi.get(`${withoutPlural(key, en)}_other`);
    if (other !== undefined && parameters(other) !== parameters(text)) faults.push(`${key}: parameters differ`);
  }
  for (const [key, text] of [...vi, ...en]) if (text.trim() === "") faults.push(`${name}: ${key} is empty`);
}

function need(key, why) {
  if (!keys.has(key)) faults.push(`no words for ${key} (${why})`);
}

function checkEnums() {
  const schema = readFileSync(join(web, "src/lib/api/schema.d.ts"), "utf8");
  const values = (name) => {
    const line = schema.match(new RegExp(`readonly ${name}: ((?:"[a-z_]+"(?: \\| )?)+);`));
    if (line === null) faults.push(`the generated client has no enum ${name}`);
    return [...(line?.[1] ?? "").matchAll(/"([a-z_]+)"/g)].map((match) => match[1]);
  };
  const groups = {
    Channel: ["channel"],
    FailureReason: ["failure"],
    DeliveryState: ["delivery"],
    PresenceStatus: ["presence", "presenceHint"],
    Strength: ["strength"],
    EvidenceSource: ["source"],
    AttachmentKind: ["attachment", "attachmentKind", "preview"],
    ConversationStatus: ["status"],
    CallState: ["call.inbound", "call.outbound"],
  };
  for (const [name, places] of Object.entries(groups)) {
    for (const value of values(name)) for (const place of places) need(`${place}.${value}`, `enum ${name}`);
  }
}

function checkSources() {
  if (!existsSync(join(hub, "identity"))) return;
  const ours = ["agent_console", "identity", "router", "storage"].map((folder) => python(join(hub, folder))).join("\n");
  for (const [, code] of ours.matchAll(/"((?:merge|split|move|undo|suggest|route|reply)(?:\.[a-z_]+)+)"/g)) {
    need(`explain.${code}`, "explanation code");
  }
  const problems =
    /\b(?:BadInput|NotFound|Conflict|Forbidden|Unauthenticated|TooFast|TooLarge|_unknown)\(\s*"([a-z_]+)"/g;
  for (const [, code] of ours.matchAll(problems)) need(`problem.${code}`, "problem code");
  for (const channel of readdirSync(join(hub, "connectors"))) {
    const file = join(hub, "connectors", channel, "settings.py");
    if (!existsSync(file)) continue;
    for (const [, name] of readFileSync(file, "utf8").matchAll(/^ {4}([a-z][a-z0-9_]*): (?!ClassVar)/gm)) {
      need(`setting.${name}`, `setting of ${channel}`);
    }
  }
}

function python(folder) {
  if (!existsSync(folder)) return "";
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      if (entry.isDirectory())
        return entry.name === "web" || entry.name === "static" ? "" : python(join(folder, entry.name));
      return entry.name.endsWith(".py") ? readFileSync(join(folder, entry.name), "utf8") : "";
    })
    .join("\n");
}

/** A key is used when the code names it, or names a template that it fits: t(`view.${view}`). */
function checkUse() {
  const unused = new Set(keys.keys());
  for (const [path, code] of sources(join(web, "src"))) {
    const names = usedBy(code);
    for (const [key, part] of keys) {
      if (!names(key)) continue;
      unused.delete(key);
      if (part !== MAIN && !path.startsWith(join(web, "src/features", part) + sep))
        faults.push(`${key} comes with the pages of ${part}, but ${relative(web, path)} uses it`);
    }
  }
  for (const key of unused) faults.push(`nobody uses ${key}`);
}

/** Says of a key whether this code names it. */
function usedBy(code) {
  const literals = new Set([...code.matchAll(/"([\w.]+)"/g)].map((match) => match[1]));
  const templates = [...code.matchAll(/`([a-zA-Z.]*\$\{[^`]*)`/g)]
    .map((match) => match[1].split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/))
    .filter((parts) => /^[a-zA-Z]+\./.test(parts[0]))
    .map((parts) => new RegExp(`^${parts.map((part) => part.replaceAll(".", "\\.")).join("[\\w.]+")}$`));
  return (key) => literals.has(key) || templates.some((template) => template.test(key));
}

/** [path, text] of everything that runs in the browser. */
function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !/\.(test|d)\.tsx?$/.test(entry.name)
      ? [[path, readFileSync(path, "utf8")]]
      : [];
  });
}
