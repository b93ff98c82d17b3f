/** Two bundles into ../static: the frame, an ES module with hashed names, and the loader, one classic script. */
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const common = {
  root,
  configFile: false,
  logLevel: "warn",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
};
const output = { outDir: "../static", target: "es2022", modulePreload: false, assetsInlineLimit: 0 };

await build({
  ...common,
  build: { ...output, emptyOutDir: true, manifest: true, rollupOptions: { input: "src/frame/main.tsx" } },
});
await build({
  ...common,
  publicDir: false,
  build: {
    ...output,
    emptyOutDir: false,
    lib: { entry: "src/loader/main.ts", formats: ["iife"], name: "HubChatLoader", fileName: () => "v1.js" },
  },
});
