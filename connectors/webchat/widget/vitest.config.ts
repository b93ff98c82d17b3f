import { defineConfig } from "vitest/config";

export default defineConfig({ test: { environment: "happy-dom", env: { TZ: "Asia/Ho_Chi_Minh" } } });
