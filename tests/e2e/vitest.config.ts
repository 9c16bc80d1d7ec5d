import { defineConfig } from "vitest/config";

// Journeys share one machine: a window, a browser and servers on two cores. One at a time.
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
