import process from 'node:process';
import { resolve } from 'node:path';

/** `npm run test:cluster`: one line and no more where no cluster is named. */
if (process.env['CLUSTER_KUBECONFIG'] === undefined || process.env['CLUSTER_KUBECONFIG'] === '') {
  console.log(
    'test:cluster is skipped: set CLUSTER_KUBECONFIG to the kubeconfig of a cluster (docs/testing.md)',
  );
} else {
  const { startVitest } = await import('vitest/node');
  const root = resolve(import.meta.dirname, '../..');
  const config = resolve(root, 'vitest.cluster.config.ts');
  const vitest = await startVitest(process.argv.slice(2), { root, config, run: true, watch: false });
  await vitest.close();
}
