import { defineConfig } from 'vitest/config';
import { longRuns, propertySeed, reportersTo, shared } from './vitest.config.ts';

/** `npm run test:slow`: faults, soak, the life of charts, charts with many values and under Helm 3, image, browser, live Prometheus, load test, the property test at full size; then abuse. */
export default defineConfig({
  test: {
    ...shared,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    env: { ...shared.env, READINGS_SETS: process.env['READINGS_SETS'] ?? '1500', REFUSING_HELM: '3' },
    reporters: reportersTo('.cache/test-results-slow.json'),
    projects: [
      {
        extends: true,
        test: {
          name: 'slow',
          include: [
            'test/slow/**/*.test.ts',
            'test/e2e/readings-against-oracle.test.ts',
            'test/charts/*/refusals*.test.ts',
            ...longRuns,
          ],
          exclude: ['test/slow/abuse/**'],
          setupFiles: propertySeed,
          // Faults and the soak measure times.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'abuse',
          include: ['test/slow/abuse/*.test.ts'],
          // One attack at a time has the machine (`attackTurn`). Others start, or come back to rest, meanwhile.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
