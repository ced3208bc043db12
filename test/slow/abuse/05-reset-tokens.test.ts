import { constants } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const sessions = 3;
const attackMs = 6000;
/** A few hundred a second, so that the attackers leave processor time on two cores. */
const burst = 10;

/**
 * Sessions reset requests with made-up tokens as soon as they are sent, a few hundred a second.
 *
 * @attacks kube/reviews/token-review.ts
 * @attacks kube/reviews/review-cache.ts #pending
 */
describe('abuse: requests with made-up tokens that are reset at once', () => {
  it('stop neither reads nor probes', async () => {
    await using scenario = await startScenario();
    const { attackers, apiServer } = scenario;
    const before = apiServer.connectionsAccepted;
    let resets = 0;
    const harm = await scenario.attack(async () => {
      const endMs = performance.now() + attackMs;
      const attackOver = async (): Promise<void> => {
        while (performance.now() < endMs) {
          const session = await attackers.http2();
          while (!session.closed && performance.now() < endMs) {
            const streams = Array.from({ length: burst }, () =>
              session
                .request({ ':path': '/healthz', authorization: `Bearer made-up-${Math.random()}` })
                .on('error', () => undefined),
            );
            await sleep(5);
            for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
            resets += streams.length;
            await sleep(5);
          }
          session.destroy();
        }
      };
      await Promise.all(Array.from({ length: sessions }, () => attackOver().catch(() => undefined)));
    });
    expect(resets, 'too slow: resets').toBeGreaterThan(1000);
    expectUnharmed(harm);
    expect(apiServer.connectionsAccepted - before).toBeLessThan(resets / 10);
  });
});
