import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { nameParts, PARTS } from "./parts";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as { version: string };

// One build serves both houses: the server mounts it at /studio/, the desktop window at its root.
// Hence relative asset paths, and routes that live behind the hash.
export default defineConfig({
  base: "./",
  plugins: [react(), tailwindcss(), nameParts()],
  define: { __VERSION__: JSON.stringify(version) },
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    sourcemap: false,
    // The content policy allows files of this origin only, so nothing may become a data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: PARTS } },
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      [
        "/auth", "/items", "/schemas", "/permissions", "/imports", "/access", "/openapi",
        "/health", "/metrics", "/reports", "/settings", "/assets-api", "/files",
      ].map((path) => [path, process.env["PLINTH_URL"] ?? "http://127.0.0.1:8056"]),
    ),
  },
  test: {
    environment: "happy-dom",
    // Rust may be compiled beside them on the same two cores.
    testTimeout: 30_000,
    setupFiles: ["./tests/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}", "tests/**/*.test.{ts,tsx}"],
  },
});
