import { defineConfig } from 'vitest/config';

/** The loop against a real control plane; `npm test` knows nothing of it. */
export default defineConfig({
  test: {
    deps: { interopDefault: false },
    include: ['test/cluster/**/*.cluster.ts'],
    // In the process that gets Ctrl-C, so that the tests can still clean up.
    pool: 'threads',
    // A cluster has one provider of external metrics.
    fileParallelism: false,
    // Each step builds on the one before.
    bail: 1,
    // An HPA is looked at every 15 s, over a window of 15 s.
    testTimeout: 240_000,
    // Clean-up, which is a hook as well, waits up to 600 s for everything to be gone.
    hookTimeout: 660_000,
  },
});
