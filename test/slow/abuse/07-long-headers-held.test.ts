import { describe, it } from 'vitest';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const sessions = 40;
const streams = 200;
const header = 'x'.repeat(50_000);

/**
 * Forty sessions of HTTP/2 with window 0 send 200 requests each, with headers of 50 kB, of probes and of other paths.
 *
 * @attacks api/server/admission.ts
 * @attacks api/server/tls-server.ts maxHeaderBytes
 */
describe('abuse: requests with 50 kB of headers whose answers are not read', () => {
  it('fill no memory', async () => {
    await using scenario = await startScenario();
    const { attackers } = scenario;
    const harm = await scenario.attack(() =>
      attackers.repeat({ count: sessions, concurrency: 4, maxMs: 12_000 }, async (session) => {
        const one = await attackers.http2(undefined, { initialWindowSize: 0 });
        for (let stream = 0; stream < streams && !one.closed; stream++) {
          const path = stream % 2 === 0 ? '/livez' : `/x${session}-${stream}`;
          one.request({ ':path': path, 'x-long': header }).on('error', () => undefined);
          // Lets the other sessions send too.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }),
    );
    expectUnharmed(harm);
  });
});
