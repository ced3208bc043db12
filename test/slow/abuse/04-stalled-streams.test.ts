import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const sessions = 4;
const streams = 250;
const heldMs = 6000;

/**
 * Sessions of HTTP/2 with window 0 open as many streams as a session may have, and read no answer.
 *
 * @attacks api/server/admission.ts
 * @attacks api/server/tls-server.ts maxConcurrentStreams
 * @attacks runtime/shares.ts #held
 */
describe('abuse: HTTP/2 streams whose client takes no byte', () => {
  it.each([
    ['anonymous clients', ''],
    ['clients that ask for probes', '/healthz'],
  ])('hold no place of others (%s)', async (_, path) => {
    await using scenario = await startScenario();
    const { attackers } = scenario;
    const harm = await scenario.attack(async () => {
      for (let number = 0; number < sessions; number += 1) {
        const session = await attackers.http2(undefined, { initialWindowSize: 0 });
        for (let stream = 0; stream < streams; stream += 1)
          void attackers
            .fire(session, { ':path': path || `/x${stream}` }, { takesBody: false })
            .catch(() => undefined);
      }
      await sleep(heldMs);
    });
    expectUnharmed(harm);
  });
});
