import process from 'node:process';
import { resolve } from 'node:path';

/** `npm run test:cluster`. Without a cluster it prints one line. */
if (process.env['CLUSTER_KUBECONFIG'] === undefined || process.env['CLUSTER_KUBECONFIG'] === '') {
  console.log(
    'test:cluster is skipped: set CLUSTER_KUBECONFIG to the kubeconfig of a cluster (docs/testing.md)',
  );
} else {
  const { createVitest } = await import('vitest/node');
  const root = resolve(import.meta.dirname, '../..');
  const config = resolve(root, 'vitest.cluster.config.ts');
  const vitest = await createVitest({ root, config, run: true, watch: false });
  // On a signal Vitest would exit at once and leave the objects in the cluster.
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.removeAllListeners(name);
    process.once(name, () => void vitest.cancelCurrentRun('keyboard-input'));
  }
  await vitest.start(process.argv.slice(2));
  await vitest.close();
}
