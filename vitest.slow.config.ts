import { defineConfig } from 'vitest/config';
import { reportersTo, shared } from './vitest.config.ts';

/** `npm run test:slow`: faults, soak, the life of charts, charts with many values, image, browser, live Prometheus, load test, the property test at full size. */
export default defineConfig({
  test: {
    ...shared,
    // Faults and the soak measure times.
    maxWorkers: 2,
    env: { ...shared.env, READINGS_SETS: process.env['READINGS_SETS'] ?? '2500' },
    include: ['test/slow/**/*.test.ts', 'test/e2e/readings-against-oracle.test.ts'],
    reporters: reportersTo('.cache/test-results-slow.json'),
  },
});
