import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // CommonJS comes as Node gives it, so that tests run what production runs.
    deps: { interopDefault: false },
    include: ['test/**/*.test.ts'],
    testTimeout: 15_000,
    hookTimeout: 30_000,
    reporters:
      process.env['CI'] === 'true'
        ? ['default', ['json', { outputFile: '.cache/test-results.json' }]]
        : ['default'],
  },
});
