import { describe, expect, it } from 'vitest';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const sessions = 40;
const tokensOfSession = 250;
/** Each token is about as long as that of a service account. */
const padding = 'x'.repeat(900);

/**
 * Sessions present 10,000 made-up tokens, as long as those of service accounts, while reviews are quick or slow.
 *
 * @attacks kube/reviews/token-review.ts
 * @attacks kube/reviews/review-turns.ts #waiting
 * @attacks kube/reviews/review-cache.ts #pending
 * @attacks kube/reviews/kept-answers.ts
 * @attacks runtime/shares.ts #held
 */
describe('abuse: made-up tokens', () => {
  it.each([0, 50])(
    'cost neither memory nor the reviews of others (a review takes %i ms)',
    async (reviewMs) => {
      await using scenario = await startScenario();
      const { attackers, apiServer } = scenario;
      apiServer.latencyMs.set('tokenreview', reviewMs);
      const statuses = new Map<number | undefined, number>();
      const harm = await scenario.attack(() =>
        attackers.repeat({ count: sessions, concurrency: 10, maxMs: 8000 }, async (number) => {
          const session = await attackers.http2();
          const fired = Array.from({ length: tokensOfSession }, (_, index) =>
            attackers.fire(session, {
              ':path': '/healthz',
              authorization: `Bearer made-up-${number}-${index}-${padding}`,
            }),
          );
          for (const status of await Promise.all(fired))
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }),
      );
      expectUnharmed(harm);
      expect(statuses.get(200) ?? 0).toBe(0);
    },
  );
});
