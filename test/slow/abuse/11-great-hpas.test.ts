import { describe, expect, it } from 'vitest';
import { autoscaler, externalMetric } from '../../support/scripted-autoscalers.ts';
import { waitFor } from '../../support/wait-for.ts';
import { scenarioMs, startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const config = 'telemetry: { port: 0, statusPage: true }';
const hpas = 60;
/** etcd takes objects of 1.5 MB. */
const annotation = 'x'.repeat(1_150_000);

describe('abuse: HPAs of more than a megabyte', () => {
  it(
    'end neither the watch of HPAs nor the adapter',
    async () => {
      await using scenario = await startScenario({ config });
      const { apiServer } = scenario;
      const harm = await scenario.attack(async () => {
        for (let number = 0; number < hpas; number += 1) {
          const { metadata, ...rest } = autoscaler('tenant', `great-${number}`, [
            externalMetric('sls_ingress_qps', {
              matchLabels: { 'sls.project': 'made-up', n: String(number) },
            }),
          ]);
          apiServer.hpas.put({
            ...rest,
            metadata: { ...metadata, annotations: { note: annotation } },
          } as never);
        }
        // The adapter lists anew, page by page.
        apiServer.hpas.expire('event');
        await waitFor(() => apiServer.hpas.openWatches === 0, 20_000, 'the old watch has ended');
        await waitFor(() => apiServer.hpas.openWatches > 0, 20_000, 'the adapter watches HPAs again');
      });
      expectUnharmed(harm);
      expect(apiServer.hpas.openWatches).toBe(1);
    },
    scenarioMs,
  );
});
