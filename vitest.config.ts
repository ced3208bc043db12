import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // CommonJS comes as Node gives it, so that tests run what production runs.
    deps: { interopDefault: false },
    include: ['test/**/*.test.ts'],
    // No test asks a machine for its RAM role: that address is the cloud's.
    env: { ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' },
    testTimeout: 15_000,
    hookTimeout: 30_000,
    reporters:
      process.env['CI'] === 'true'
        ? ['default', ['json', { outputFile: '.cache/test-results.json' }]]
        : ['default'],
  },
});
