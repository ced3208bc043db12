import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

/** Few places, so that a busy machine sends enough requests to take them all. */
const config = 'server: { maxRequestsInFlight: 20 }';
const connections = 1500;

/**
 * Connections send a request whose body never comes, and are reset before, during or after the review of the user.
 *
 * @attacks api/server/admission.ts
 * @attacks api/server/connections.ts
 * @attacks runtime/shares.ts #held
 */
describe('abuse: connections that are reset', () => {
  it('gives the place of a request back if its body is never sent and its connection is reset', async () => {
    await using scenario = await startScenario({ config });
    const { attackers, apiServer } = scenario;
    apiServer.latencyMs.set('subjectaccessreview', 15);
    const harm = await scenario.attack(() =>
      attackers.repeat({ count: connections, maxMs: 6000 }, async (index) => {
        const { tls, tcp } = await attackers.http1();
        tls.write(`GET /x${index} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n`);
        // Resets come before, during and after the review of the user.
        if (index % 8 > 0) await sleep((index % 8) * 5);
        tcp.resetAndDestroy();
      }),
    );
    expectUnharmed(harm);
  });
});
