/** After the build: what the console costs over the wire, gzipped. More than the budget fails the build.
 *
 * The first screen is what index.html names and one catalog. An open conversation adds what is fetched for it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const BUDGET_KB = { "first screen": 250, "with a conversation": 281 };
const CONVERSATION = ["Thread", "CustomerSide"]; // the modules of app/workspace that are loaded with the first one
const assets = new URL("../../static/assets/", import.meta.url).pathname;
const names = readdirSync(assets);
const gz = (file) => gzipSync(readFileSync(join(assets, file)), { level: 9 }).length;
const sum = (files) => [...files].reduce((bytes, file) => bytes + gz(file), 0);

const page = readFileSync(join(assets, "../index.html"), "utf8");
const named = [...page.matchAll(/(?:src|href)="\/assets\/([^"]+)"/g)].map((match) => match[1]);
const first = withImports(named.filter((file) => file.endsWith(".js")));
const later = withImports(CONVERSATION.map((module) => chunk(module)));
// One catalog comes with the first screen: the larger counts.
const catalog = Math.max(...names.filter((name) => /^(vi|en)-.*\.js$/.test(name)).map(gz));

let isOver = false;
report("first screen", sum(first) + catalog);
report("with a conversation", sum(new Set([...first, ...later])) + catalog);
process.stdout.write(`styles of the first screen: ${kb(sum(named.filter((file) => file.endsWith(".css"))))} kB\n`);
process.exit(isOver ? 1 : 0);

function report(what, bytes) {
  process.stdout.write(`${what}: ${kb(bytes)} kB of JavaScript\n`);
  if (bytes <= BUDGET_KB[what] * 1000) return;
  isOver = true;
  process.stderr.write(`JavaScript, ${what}: above its ${BUDGET_KB[what]} kB\n`);
}

function kb(bytes) {
  return (bytes / 1000).toFixed(1);
}

function chunk(module) {
  const found = names.find((name) => name.startsWith(`${module}-`) && name.endsWith(".js"));
  if (found === undefined) throw new Error(`the build made no chunk of ${module}`);
  return found;
}

/** These files and all that they import before they run. */
function withImports(files, found = new Set()) {
  for (const file of files) {
    if (found.has(file)) continue;
    found.add(file);
    const code = readFileSync(join(assets, file), "utf8");
    withImports(
      [...code.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)].map((match) => match[1]),
      found,
    );
  }
  return found;
}
