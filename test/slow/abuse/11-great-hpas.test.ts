import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../support/ports.ts';
import { autoscaler, externalMetric } from '../../support/scripted-autoscalers.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const hpas = 60;
/** etcd takes objects of 1.5 MB. */
const annotation = 'x'.repeat(1_150_000);
/** Each names a metric of a hundred thousand characters. */
const longHpas = 300;
const longName = 'x'.repeat(100_000);
const heldMs = 5000;

const hpaOf = (namespace: string, name: string, more: object = {}) => {
  const matchLabels = { 'sls.project': 'made-up', n: name };
  const { metadata, ...rest } = autoscaler(namespace, name, [
    externalMetric('sls_ingress_qps', { matchLabels }),
  ]);
  return { ...rest, metadata: { ...metadata, ...more } };
};

/**
 * A tenant has HPAs of more than a megabyte, which no page of a list can hold together, and HPAs that name metrics of 100,000
 * characters.
 *
 * @attacks kube/client/bounded-replies.ts mostPageBytes
 * @attacks kube/autoscalers/autoscaler-changes.ts
 * @attacks status/autoscaler-tracker.ts
 */
describe('abuse: HPAs of more than a megabyte', () => {
  it('end neither the watch of HPAs nor the adapter: an HPA of another namespace is still found', async () => {
    const port = await freePort();
    await using scenario = await startScenario({
      config: `telemetry: { port: ${port}, statusPage: true }`,
    });
    const { apiServer, adapter } = scenario;
    const shows = async (name: string) => {
      await sleep(250);
      const reply = await fetch(`http://127.0.0.1:${port}/status.json`);
      return (await reply.text()).includes(`"name":"${name}"`);
    };
    const harm = await scenario.attack(async () => {
      for (let number = 0; number < hpas; number += 1)
        apiServer.hpas.put(hpaOf('tenant', `great-${number}`, { annotations: { note: annotation } }));
      // The adapter lists anew, page by page.
      apiServer.hpas.expire('event');
      apiServer.hpas.put(hpaOf('honest', 'later'));
      for (let number = 0; number < longHpas; number += 1) {
        const metric = externalMetric(`m${number}${longName}`);
        apiServer.hpas.put(autoscaler('tenant', `long-${number}`, [metric]));
      }
      await sleep(heldMs);
    });
    expectUnharmed(harm);
    const isShown = await waitFor(() => shows('later')).catch(() => false);
    const refusal = adapter.lines.findLast((line) => line.includes('/horizontalpodautoscalers'));
    expect(isShown, `not shown after the attack\n${refusal}`).toBe(true);
    await waitFor(() => apiServer.hpas.openWatches === 1, 'one watch of HPAs');
  });
});
