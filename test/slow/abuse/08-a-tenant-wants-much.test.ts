import { describe, expect, it } from 'vitest';
import { logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { autoscaler, externalMetric } from '../../support/scripted-autoscalers.ts';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const hpas = 4;
const metricsOfHpa = 3500;
const slsMs = 100;
const config = 'access: { ownRoutesOnly: true }\ntelemetry: { port: 0, statusPage: true }';

/** Each is a series of its own, with a window of its own: SLS is asked for each. */
const wanted = (hpa: number, metric: number) => ({
  'sls.project': project,
  'sls.logstore': logstore,
  'sls.ingress.route': 'tenant-web-80',
  'sls.query.interval': String(1 + metric),
  'sls.query.delay': String(hpa),
});

/**
 * A tenant's HPAs name 14,000 series, each of a window of its own, and the HPA controller reads them all.
 *
 * @attacks kube/autoscalers/autoscaler-changes.ts
 * @attacks status/autoscaler-tracker.ts
 * @attacks reading/pace/namespace-shares.ts series shares #named
 * @attacks reading/collector.ts
 * @attacks sls/query-queue.ts #waiting #turns
 */
describe('abuse: a tenant with HPAs of 0.9 MB, 3,500 series each', () => {
  it('keeps neither memory nor the queries of a project from other namespaces', async () => {
    await using scenario = await startScenario({ config });
    const { sls, apiServer, frontProxy, attackers } = scenario;
    sls.latencyMs = slsMs;
    const messages = new Set<string>();
    const harm = await scenario.attack(async () => {
      for (let hpa = 0; hpa < hpas; hpa += 1) {
        const metrics = Array.from({ length: metricsOfHpa }, (_, metric) =>
          externalMetric('sls_ingress_qps', { matchLabels: wanted(hpa, metric) }),
        );
        apiServer.hpas.put(autoscaler('tenant', `evil-${hpa}`, metrics));
      }
      // The HPA controller reads what the HPAs name.
      const count = hpas * metricsOfHpa;
      await attackers.repeat({ count, concurrency: 100, maxMs: 10_000 }, async (index) => {
        const labels = wanted(index % hpas, Math.floor(index / hpas));
        const path = readPath('sls_ingress_qps', selectorOf(labels), 'tenant');
        const { status, body } = await frontProxy.get(path);
        if (status !== 200) messages.add(/LimitExceeded/.exec(body.toString('latin1'))?.[0] ?? `${status}`);
      });
    });
    expectUnharmed(harm);
    expect(messages).not.toContain('500');
  });
});
