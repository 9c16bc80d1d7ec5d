import { defineConfig } from "vitest/config";

// By hand one file at a time: the window journeys share one display. The test command lets the
// browser journeys run beside each other.
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
