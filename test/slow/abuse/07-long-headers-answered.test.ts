import type { ClientHttp2Session } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

/** Without the attack it has 200 MB. */
const maxPeakMb = 380;
const long = 'x;'.repeat(30_000);

/** Sends the long text after the request, as a trailer. */
async function sendTrailer(session: ClientHttp2Session): Promise<void> {
  const stream = session.request({ ':path': '/x', ':method': 'POST' }, { waitForTrailers: true });
  stream.on('error', () => undefined).on('wantTrailers', () => stream.sendTrailers({ long }));
  stream.end();
  stream.resume();
  await new Promise((resolve) => stream.once('close', resolve));
}

/**
 * A stranger sends requests with 60 kB of headers or trailers, reads each answer, and sends the next one: 300 MB within seconds.
 *
 * @attacks runtime/external-memory.ts
 */
describe('abuse: requests with 60 kB of headers, one after another', () => {
  it('leave no memory behind', async () => {
    await using scenario = await startScenario();
    const { attackers } = scenario;
    const harm = await scenario.attack(async () => {
      const sessions = await Promise.all([1, 2, 3, 4].map(() => attackers.http2()));
      await attackers.repeat({ count: 20_000, concurrency: 150, maxMs: 8000 }, async (index) => {
        const session = sessions[index % sessions.length];
        if (session === undefined) return;
        if (index % 8 === 0) await sendTrailer(session);
        else await attackers.fire(session, { ':path': '/x', long });
      });
    });
    expectUnharmed(harm);
    expect(harm.peakResidentMb).toBeLessThan(maxPeakMb);
  });
});
