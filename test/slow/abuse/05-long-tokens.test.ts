import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { startScenario } from './support/scenario.ts';
import { expectUnharmed } from './support/unharmed.ts';

const maxMs = 5000;

/**
 * One address presents a thousand made-up tokens of 15 kB, while a client at another address has a true one.
 *
 * @attacks kube/reviews/token-review.ts
 * @attacks kube/reviews/review-turns.ts #waiting
 * @attacks runtime/shares.ts #held
 */
describe('abuse: long made-up tokens', () => {
  it('take neither memory nor the reviews of a client at another address', async () => {
    await using scenario = await startScenario();
    const { attackers, apiServer } = scenario;
    apiServer.latencyMs.set('tokenreview', 50);
    apiServer.tokens.set('honest', { username: 'prometheus' });
    attackers.localAddress = '127.0.0.2';
    const honestSession = await attackers.http2();
    attackers.localAddress = '127.0.0.1';
    const honest: (number | undefined)[] = [];
    const present = async (session: typeof honestSession, token: string) =>
      await attackers.fire(session, { ':path': '/apis', authorization: `Bearer ${token}` });
    const harm = await scenario.attack(async () => {
      const attack = attackers.repeat({ count: 10, concurrency: 2, maxMs }, async () => {
        const session = await attackers.http2();
        const tokens = Array.from({ length: 100 }, () => randomBytes(7900).toString('hex'));
        await Promise.all(tokens.map((token) => present(session, token)));
      });
      await attackers.repeat({ count: 10, concurrency: 1, maxMs }, async () =>
        honest.push(await present(honestSession, 'honest')),
      );
      await attack;
    });
    expectUnharmed(harm);
    expect(new Set(honest)).toEqual(new Set([200]));
  });
});
