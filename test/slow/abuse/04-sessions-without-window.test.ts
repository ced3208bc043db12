import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

/** More than all places of a user, at two streams short of the bound of a session. */
const sessions = 4;
const streams = 248;
const heldMs = 6000;

/**
 * Sessions of HTTP/2 with window 0 hold a thousand requests, more than there are places, of probes or of other paths.
 *
 * @attacks api/server/admission.ts
 * @attacks api/server/tls-server.ts maxConcurrentStreams
 * @attacks runtime/shares.ts #held
 */
describe('abuse: HTTP/2 sessions that let the adapter send no byte', () => {
  it.each([
    ['to the probes', (index: number) => ['/livez', '/readyz', '/healthz'][index % 3] ?? ''],
    ['to other paths', (index: number) => `/x${index}`],
  ])('take no place of the HPA and no probe with their requests %s', async (_, path) => {
    await using scenario = await startScenario();
    const { attackers } = scenario;
    const harm = await scenario.attack(async () => {
      await attackers.repeat({ count: sessions, concurrency: sessions }, async (session) => {
        const one = await attackers.http2(undefined, { initialWindowSize: 0 });
        for (let stream = 0; stream < streams; stream++)
          one.request({ ':path': path(session * streams + stream) }).on('error', () => undefined);
      });
      await sleep(heldMs);
    });
    expectUnharmed(harm);
  });
});
