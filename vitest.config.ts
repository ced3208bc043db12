import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** What both tiers share. */
export const shared: NonNullable<ViteUserConfig['test']> = {
  // CommonJS comes as Node gives it, so that tests run what production runs.
  deps: { interopDefault: false },
  // No test asks a machine for its RAM role: that address is the cloud's.
  env: { ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' },
  testTimeout: 15_000,
  hookTimeout: 30_000,
};

const reportTo = (file: string): NonNullable<ViteUserConfig['test']> => ({
  reporters: process.env['CI'] === 'true' ? ['default', ['json', { outputFile: file }]] : ['default'],
});

/** `npm test`: everything that finishes in three minutes on two cores. `npm run test:slow` has the rest. */
export default defineConfig({
  test: {
    ...shared,
    ...reportTo('.cache/test-results.json'),
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{e2e,slow}/**'],
          // Unit tests share no state, so that a worker can take file after file.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'] } },
    ],
  },
});
