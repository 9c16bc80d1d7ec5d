import { defineConfig } from "vitest/config";

// Who tries one by hand or measures has the machine to it alone: one file at a time. A whole run
// asks for two where they can stand beside each other (`cargo xtask test`).
export default defineConfig({
  test: {
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: "browser", include: ["journeys/*.browser.test.ts"] } },
      { extends: true, test: { name: "window", include: ["journeys/*.window.test.ts"] } },
      { extends: true, test: { name: "sdk", include: ["sdk/*.sdk.test.ts"] } },
    ],
  },
});
