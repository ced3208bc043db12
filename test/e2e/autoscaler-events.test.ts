import { expect, it } from 'vitest';
import { logstore, project } from '../support/adapter.ts';
import { goodRead, ready, startCluster } from '../support/cluster.ts';
import { autoscaler, externalMetric } from '../support/scripted-autoscalers.ts';
import { waitFor } from '../support/wait-for.ts';

const labels = { 'sls.project': project, 'sls.logstore': logstore };
const named = (matchLabels: Readonly<Record<string, string>>) =>
  externalMetric('sls_ingress_qps', { matchLabels });

it('an HPA gets an Event where its metric is refused, and where a read of it fails', async () => {
  await using cluster = await startCluster({
    file: 'kubernetes: { events: true }\nreading: { freshnessSeconds: 0, maxStaleSeconds: 0 }',
  });
  const { apiServer, emulator } = cluster;
  emulator.setFaults({ status: 403, errorCode: 'Unauthorized', errorMessage: 'no' });
  const uid = { metadata: { namespace: 'default', name: 'failing', uid: 'uid-1' } };
  apiServer.hpas.put(autoscaler('default', 'failing', [named(labels)], uid));
  apiServer.hpas.put(autoscaler('default', 'refused', [named({ ...labels, 'sls.rout': 'x' })]));
  apiServer.tokens.set('asker', { username: 'asker' });
  apiServer.decide = () => true;
  await waitFor(() => ready(cluster), 20_000);
  await waitFor(() => apiServer.events.all.length === 1, 20_000);
  const reply = await cluster.request({ path: goodRead, headers: { authorization: 'Bearer asker' } });
  expect(reply.statusCode).toBe(503);
  await waitFor(() => apiServer.events.all.length === 2, 20_000);
  expect(apiServer.events.all).toMatchObject([
    { reason: 'LabelUnknown', regarding: { name: 'refused' } },
    { reason: 'PermissionDenied', regarding: { name: 'failing', uid: 'uid-1' } },
  ]);
});
