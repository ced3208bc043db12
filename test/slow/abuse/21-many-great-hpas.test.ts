import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { autoscaler, externalMetric } from '../../support/scripted-autoscalers.ts';
import { freePort } from '../../support/ports.ts';
import { waitFor } from '../../support/wait-for.ts';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const hpas = 8000;
/** Of one HPA: 30 KiB of text. */
const metricsOfHpa = 60;
const longRoute = 'x'.repeat(300);

const greatHpa = (number: number) =>
  autoscaler(
    'tenant',
    `great-${number}`,
    Array.from({ length: metricsOfHpa }, (_, metric) =>
      externalMetric(`sls_ingress_qps_${metric}_${longRoute}`, {
        matchLabels: { 'sls.project': `p-${number}-${metric}` },
      }),
    ),
  );

/**
 * A tenant whose quota allows it has 8,000 HPAs, each with external metrics of 30 KiB. They fill the memory while they are listed.
 *
 * @attacks kube/autoscalers/autoscaler-changes.ts
 * @attacks kube/client/list-watch.ts kept
 * @attacks runtime/shares.ts #held
 */
describe('abuse: 8,000 HPAs of one namespace with metrics of 30 KiB each', () => {
  it('do not fill the memory while they are listed', async () => {
    const port = await freePort();
    await using scenario = await startScenario({
      config: `telemetry: { port: ${port}, statusPage: true }`,
    });
    const { apiServer, adapter } = scenario;
    let listed = 0;
    const harm = await scenario.attack(async () => {
      apiServer.hpas.list = (parameters) => {
        const start = Number(parameters.get('continue') ?? 0);
        const limit = Number(parameters.get('limit') ?? 500);
        const end = Math.min(hpas, start + limit);
        listed = end;
        return {
          kind: 'HorizontalPodAutoscalerList',
          apiVersion: 'autoscaling/v2',
          metadata: { resourceVersion: '100000', ...(end < hpas && { continue: String(end) }) },
          items: Array.from({ length: end - start }, (_, index) => greatHpa(start + index)),
        };
      };
      // The adapter lists anew, page by page.
      apiServer.hpas.expire('event');
      const isOver = () => listed === hpas || adapter.crash !== undefined;
      await waitFor(isOver, undefined, 29_000).catch(() => undefined);
      await sleep(2000);
    });
    expectUnharmed(harm);
    expect(listed).toBe(hpas);
  });
});
