import { defineConfig, type ViteUserConfig } from 'vitest/config';

type TestConfig = NonNullable<ViteUserConfig['test']>;

/** What both tiers share. */
export const shared = {
  // CommonJS comes as Node gives it, so that tests run what production runs.
  deps: { interopDefault: false },
  // No test asks a machine for its RAM role: that address is the cloud's.
  env: { ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' },
  // They only end a hang: a slow or busy machine must not fail a test.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // Only a time over its limit is measured again (`expectWithin`): the machine may have been busy.
  retry: { count: 2, condition: /^too slow: / },
  // Two cores, and tests that wait for a time.
  maxWorkers: 3,
} satisfies TestConfig;

/** Long runs of parts whose rules have short tests too. `npm run test:slow` runs them. */
export const longRuns = [
  'test/charts/elastic-inference/stop.test.ts',
  'test/charts/support-tests/helm.test.ts',
  'test/config/garbage.test.ts',
  'test/doctor/faults.test.ts',
  'test/e2e/heartbeat.test.ts',
  'test/e2e/own-metrics-oracle.test.ts',
  'test/e2e/replay-sources.test.ts',
  'test/e2e/stalled-collector.test.ts',
  'test/e2e/status-page.test.ts',
  'test/emulator/demo/demo.test.ts',
  'test/live-sls/live-sls.test.ts',
  'test/reading/adaptive/rise-simulation.test.ts',
  'test/reading/delay/learned-delay.test.ts',
  'test/reading/heartbeat/heartbeat-scenarios.test.ts',
  'test/reading/silence/scenarios.test.ts',
  'test/sls/assumptions/ask-ledger.test.ts',
];

export const propertySeed = 'test/support/property-seed.ts';

/** These look for timers, sockets, warnings or modules that are left in their process, or at all of its metrics. */
const inOwnProcess = [
  'test/kube/**/*.test.ts',
  'test/e2e/{conformance,read-path}/**/*.test.ts',
  'test/e2e/loaded-modules.test.ts',
];

/** @param file where CI reads the counts of passed and failed tests */
export const reportersTo = (file: string): NonNullable<TestConfig['reporters']> =>
  process.env['CI'] === 'true' ? ['default', ['json', { outputFile: file }]] : ['default'];

/** `npm test`: what finishes within a few minutes on two cores. `npm run test:slow` runs the rest. */
export default defineConfig({
  test: {
    ...shared,
    reporters: reportersTo('.cache/test-results.json'),
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{e2e,kube,slow}/**', ...longRuns],
          // These tests share no state, so a worker can run one file after another.
          isolate: false,
          setupFiles: ['test/support/load-tls.ts', propertySeed],
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: [...inOwnProcess, ...longRuns],
          // Loading all parts anew for each file would take a third of the time.
          isolate: false,
          setupFiles: propertySeed,
        },
      },
      { extends: true, test: { name: 'isolated', include: inOwnProcess } },
    ],
  },
});
