import { describe, expect, it } from 'vitest';
import { TokenReviewer, defaultTokenReviewSettings } from '../../../src/kube/reviews/token-review.ts';
import type { ReviewSettings } from '../../../src/kube/reviews/reviewer.ts';
import { waitFor } from '../../support/wait-for.ts';
import { address, anyone, token, useReviewServer } from './review-server.ts';

const fast = { firstPauseMs: 2 };

const api = useReviewServer();

const reviewer = (settings: Partial<ReviewSettings> = {}) =>
  new TokenReviewer(
    { ...api.dependencies, client: api.client },
    { ...defaultTokenReviewSettings, ...fast, ...settings },
  );
const calls = () => api.server.count('tokenreview');

describe('made-up tokens', () => {
  const others = 'made-up tokens of others';
  const refused = { code: 'TooManyRequests' };

  it('wait in bounds for each address and for all, and further ones are refused at once', async () => {
    api.server.fail('tokenreview', { kind: 'hang' });
    const tokens = reviewer({ maxPending: 8, maxSent: 2 });
    const gone = new AbortController();
    const pending = Array.from({ length: 8 }, (_, index) =>
      tokens.reviewToken(`made-up-${index}`, '198.51.100.7', gone.signal),
    );
    await expect(tokens.reviewToken('made-up-8', '198.51.100.7', anyone)).rejects.toMatchObject(refused);
    const other = tokens.reviewToken('of-another', address, gone.signal);
    await waitFor(() => calls() === 3);
    gone.abort('gone');
    expect((await Promise.allSettled([...pending, other])).every(({ status }) => status === 'rejected')).toBe(
      true,
    );
    api.server.recover('tokenreview');
    const review = () => tokens.reviewToken(token, '198.51.100.7', anyone).catch(() => undefined);
    await waitFor(async () => (await review())?.name === 'jane');
  });

  it('wait in bounds of bytes', async () => {
    api.server.fail('tokenreview', { kind: 'hang' });
    const tokens = reviewer({ maxPendingBytes: 20_000 });
    const gone = new AbortController();
    const pending = [1, 2].map((index) =>
      tokens.reviewToken(`${index}${'x'.repeat(16_000)}`, others, gone.signal).catch(() => undefined),
    );
    await expect(tokens.reviewToken('x', others, anyone)).rejects.toMatchObject(refused);
    gone.abort('gone');
    await Promise.all(pending);
  });

  it('delay no token that was accepted before, and do not make it forgotten', async () => {
    const tokens = reviewer({ maxPending: 2, maxEntries: 8 });
    await tokens.reviewToken(token, address, anyone);
    for (let index = 0; index < 30; index++) await tokens.reviewToken(`made-up-${index}`, address, anyone);
    expect(calls()).toBe(31);
    await tokens.reviewToken(token, address, anyone);
    expect(calls()).toBe(31);
    api.clock.advance(60_000);
    api.server.fail('tokenreview', { kind: 'hang' }, 2);
    const gone = new AbortController();
    const pending = [1, 2].map((index) =>
      tokens.reviewToken(`hangs-${index}`, address, gone.signal).catch(() => undefined),
    );
    await waitFor(() => calls() === 33);
    await expect(tokens.reviewToken('one more', address, anyone)).rejects.toMatchObject(refused);
    expect(await tokens.reviewToken(token, address, anyone)).toMatchObject({ name: 'jane' });
    gone.abort('gone');
    await Promise.all(pending);
  });
});

describe('a slow review', () => {
  it('is answered when the answer comes, within the deadline', async () => {
    api.server.latencyMs.set('tokenreview', 400);
    const tokens = reviewer({ secondTryMs: 100 });
    expect(await tokens.reviewToken(token, address, anyone)).toMatchObject({ name: 'jane' });
    expect(calls()).toBe(2);
  });
});
