import { describe, expect, it } from 'vitest';
import { logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { mayRead, startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

/** As many routes as one read may name, and as many as fit into the headers. */
const routesOf = [1000, 5500];

/**
 * A user reads thousands of routes at once, in selectors as long as the headers may be.
 *
 * @attacks api/read/external-metrics.ts
 * @attacks api/server/tls-server.ts maxHeaderBytes
 * @attacks metric/metric-request.ts choices
 * @attacks reading/sample-store.ts #groups
 */
describe('abuse: a user whose reads name thousands of routes', () => {
  it('makes no other read wait', async () => {
    await using scenario = await startScenario({ prepare: mayRead('alice') });
    const { attackers } = scenario;
    const statuses = new Set<number | undefined>();
    const harm = await scenario.attack(async () => {
      const read = await scenario.readerFor('alice');
      await attackers.repeat({ count: 2000, concurrency: 60, maxMs: 5000 }, async (index) => {
        const length = routesOf[index % 2] ?? 0;
        const routes = Array.from({ length }, (_, route) => `a-${index % 40}-${route}`);
        const selector = `${selectorOf({ 'sls.project': project, 'sls.logstore': logstore })},sls.ingress.route in (${routes.join()})`;
        const path = `${readPath('sls_ingress_qps', '')}${encodeURIComponent(selector).replaceAll('%2C', ',')}`;
        statuses.add(await read(path));
      });
    });
    expectUnharmed(harm);
    expect(statuses).toContain(400);
  });
});
