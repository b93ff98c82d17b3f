/** After the build: what the first screen costs over the wire. More than the budget fails the build. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const JS_BUDGET_KB = 275;
const out = new URL("../../static/", import.meta.url).pathname;
const gz = (file) => gzipSync(readFileSync(join(out, file)), { level: 9 }).length;

const page = readFileSync(join(out, "index.html"), "utf8");
const first = new Set([...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map((match) => match[1]));
// One catalog comes with the first screen: the larger counts.
const catalogs = readdirSync(join(out, "assets")).filter((name) => /^(vi|en)-.*\.js$/.test(name));
const catalog = Math.max(0, ...catalogs.map((name) => gz(join("assets", name))));

let js = catalog;
let css = 0;
for (const file of first) {
  if (file.endsWith(".js")) js += gz(file);
  else css += gz(file);
}
const kb = (bytes) => (bytes / 1000).toFixed(1);
process.stdout.write(`first screen: ${kb(js)} kB js, ${kb(css)} kB css (gzip)\n`);
if (js > JS_BUDGET_KB * 1000) {
  process.stderr.write(`JavaScript of the first screen is above ${JS_BUDGET_KB} kB\n`);
  process.exit(1);
}
