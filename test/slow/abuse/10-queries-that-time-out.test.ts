import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { startScenario } from './support/scenario.ts';
import { sendSlsError } from './support/scripted-sls.ts';
import { expectUnharmed } from './support/unharmed.ts';

/** The honest HPA needs a query every few seconds. */
const config = 'reading: { freshnessSeconds: 1, maxStaleSeconds: 5 }';
const route = 'tenant-web-80';

/**
 * A tenant's queries of a shared project take longer than SLS allows.
 *
 * @attacks sls/circuit.ts #failing
 */
describe('abuse: a tenant whose queries of a shared project are too long for SLS', () => {
  it('does not open the circuit of the project for other namespaces', async () => {
    await using scenario = await startScenario({
      config,
      prepare: ({ sls }) => {
        sls.reply = ({ query }, response) => {
          if (!query.includes(route)) return false;
          sendSlsError(response, 500, 'RequestTimeout', 'The request is timeout. Please try again later.');
          return true;
        };
      },
    });
    const { attackers, frontProxy } = scenario;
    const statuses = new Set<number>();
    const harm = await scenario.attack(() =>
      attackers.repeat({ count: 100_000, concurrency: 20, maxMs: 7000 }, async (index) => {
        const labels = {
          'sls.project': project,
          'sls.logstore': logstore,
          'sls.ingress.route': route,
          'sls.query.interval': String(1000 + (index % 2600)),
        };
        statuses.add(
          (await frontProxy.get(readPath('sls_ingress_qps', selectorOf(labels), 'tenant'))).status,
        );
        await sleep(20);
      }),
    );
    expectUnharmed(harm);
    expect([...statuses]).toEqual([504]);
  });
});
