/** Fails when what a shop's page loads outgrows what we owe it. */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LOADER_BYTES_MAX = 3 * 1024;
const ALL_BYTES_MAX = 25 * 1024;
const folder = new URL("../../static/", import.meta.url);

const size = (name) => gzipSync(readFileSync(new URL(name, folder)), { level: 9 }).length;
const files = ["v1.js", ...readdirSync(new URL("assets/", folder)).map((name) => `assets/${name}`)];
const sizes = Object.fromEntries(files.map((name) => [name, size(name)]));
const all = Object.values(sizes).reduce((sum, bytes) => sum + bytes, 0);
for (const [name, bytes] of Object.entries(sizes)) console.log(`${String(bytes).padStart(7)} B gzip  ${name}`);
console.log(`${String(all).padStart(7)} B gzip  everything`);
if (sizes["v1.js"] > LOADER_BYTES_MAX || all > ALL_BYTES_MAX) {
  console.error(`too large: ${LOADER_BYTES_MAX} bytes for the loader and ${ALL_BYTES_MAX} for everything are allowed`);
  process.exit(1);
}
