import { afterEach, beforeEach, expect, it } from 'vitest';
import { logstore, project } from '../support/adapter.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { autoscaler, externalMetric } from '../support/scripted-autoscalers.ts';
import { waitFor } from '../support/wait-for.ts';

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await startCluster({ file: 'reading: { refreshSeconds: 1 }' });
});
afterEach(() => cluster[Symbol.asyncDispose]());

const named = (labels: Readonly<Record<string, string>>, metric = 'sls_ingress_qps') =>
  externalMetric(metric, { matchLabels: { 'sls.project': project, 'sls.logstore': logstore, ...labels } });
const put = (name: string, ...metrics: unknown[]) =>
  cluster.apiServer.hpas.put(autoscaler('default', name, metrics));
const queries = () => cluster.emulator.stats().queries;

it('queries the metric of an HPA before the first read, and stops when the HPA is deleted', async () => {
  put('bert', named({ 'sls.ingress.route': 'default-bert-8501' }));
  await waitFor(() => queries() >= 3, 10_000);
  cluster.apiServer.hpas.delete('bert', 'default');
  let before = -1;
  await waitFor(
    async () => {
      const unchanged = queries() === before;
      before = queries();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return unchanged && queries() === before;
    },
    15_000,
    'no more queries',
  );
});

it('logs once why a metric of an HPA is refused, and keeps its other metrics fresh', async () => {
  put(
    'bert',
    named({ 'sls.ingress.rout': 'default-bert-8501' }),
    named({ 'sls.ingress.route': 'default-b-80' }),
  );
  await waitFor(() => queries() >= 2, 10_000);
  const lines = cluster.adapter.logLines.filter(({ code }) => code === 'LabelUnknown');
  expect(lines).toMatchObject([{ level: 40, namespace: 'default', name: 'bert', metric: 'sls_ingress_qps' }]);
  expect(lines[0]?.['msg']).toMatch(/sls\.ingress\.rout.*correct its name/i);
});
