/** The console is built into the Python package that serves it; file names carry a hash, index.html does not. */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const HUB = process.env.HUB_ORIGIN ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the page's content security policy allows nothing inline, data: addresses included
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600, // kB before gzip; scripts/sizes.mjs holds the budget that counts
  },
  server: {
    proxy: { "/api": HUB, "/socket.io": { target: HUB, ws: true } },
  },
  test: {
    environment: "happy-dom",
    setupFiles: ["src/testing/setup.ts"],
    testTimeout: 10_000,
    env: { DEBUG_PRINT_LIMIT: "0", TZ: "America/New_York" }, // not the shop's zone: what shows the reader's zone by accident fails
  },
});
