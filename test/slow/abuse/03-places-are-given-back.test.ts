import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { scenarioMs, startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

/** Few places, so that a busy machine sends enough requests to take them all. */
const config = 'server: { maxRequestsInFlight: 30 }';
const connections = 1500;

describe('abuse: connections that are reset', () => {
  it(
    'gives the place of a request back if its body is never sent and its connection is reset',
    async () => {
      await using scenario = await startScenario({ config });
      const { attackers } = scenario;
      const harm = await scenario.attack(() =>
        attackers.repeat({ count: connections, maxMs: 6000 }, async (index) => {
          const { tls, tcp } = await attackers.http1();
          tls.write(`GET /x${index} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n`);
          // Resets come before, while and after the adapter answers.
          if (index % 8 > 0) await sleep(index % 8);
          tcp.resetAndDestroy();
        }),
      );
      expectUnharmed(harm);
    },
    scenarioMs,
  );
});
