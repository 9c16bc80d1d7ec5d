import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    // The compiler runs in some of them, and may share two cores with everything else.
    testTimeout: 120_000,
    hookTimeout: 30_000,
  },
});
