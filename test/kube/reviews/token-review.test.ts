import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { KeptAnswers } from '../../../src/kube/reviews/kept-answers.ts';
import { TokenReviewer, defaultTokenReviewSettings } from '../../../src/kube/reviews/token-review.ts';
import type { ReviewSettings } from '../../../src/kube/reviews/reviewer.ts';
import type { Failure } from '../../support/scripted-apiserver.ts';
import { waitFor } from '../../support/wait-for.ts';
import { address, anyone, token, useReviewServer } from './review-server.ts';
import { expectWithin, tookMs } from '../../support/own-time.ts';

const fast = { firstPauseMs: 2 };

const api = useReviewServer();

const reviewer = (settings: Partial<ReviewSettings> = {}) =>
  new TokenReviewer(
    { ...api.dependencies, client: api.client },
    { ...defaultTokenReviewSettings, ...fast, ...settings },
  );
const calls = () => api.server.count('tokenreview');

describe('the review of a token', () => {
  it('sends what Go sends, and returns the user', async () => {
    expect(await reviewer().reviewToken(token, address, anyone)).toEqual({
      name: 'jane',
      uid: 'u-1',
      groups: ['devs', 'a,b'],
      extra: { 'example.com/scope': ['x', 'y'] },
    });
    expect(api.server.requests.at(-1)?.body).toEqual({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token },
    });
  });

  it('returns a user that has only a name', async () => {
    api.server.tokens.set('t', { username: 'system:x' });
    expect(await reviewer().reviewToken('t', address, anyone)).toEqual({
      name: 'system:x',
      groups: [],
      extra: {},
    });
  });

  it('returns no user for a token that the API server does not know', async () => {
    expect(await reviewer().reviewToken('unknown', address, anyone)).toBeUndefined();
    expect(api.dependencies.observer.text).toBe('[]');
  });

  it('keeps the user of a valid token for 10 s', async () => {
    const tokens = reviewer();
    await tokens.reviewToken(token, address, anyone);
    api.server.tokens.delete(token);
    api.clock.advance(10_000);
    expect(await tokens.reviewToken(token, address, anyone)).toMatchObject({ name: 'jane' });
    api.clock.advance(1);
    expect(await tokens.reviewToken(token, address, anyone)).toBeUndefined();
    expect(calls()).toBe(2);
  });

  it('keeps the refusal of a token for 2 s', async () => {
    const tokens = reviewer();
    await tokens.reviewToken('new', address, anyone);
    api.server.tokens.set('new', { username: 'joe' });
    api.clock.advance(2000);
    expect(await tokens.reviewToken('new', address, anyone)).toBeUndefined();
    api.clock.advance(1);
    expect(await tokens.reviewToken('new', address, anyone)).toMatchObject({ name: 'joe' });
    expect(calls()).toBe(2);
  });

  it('keeps a limited number of tokens, and drops the oldest one', async () => {
    for (const one of ['a', 'b', 'c']) api.server.tokens.set(one, { username: 'jane' });
    const tokens = reviewer({ maxEntries: 2 });
    for (const one of ['a', 'b', 'c', 'b', 'c']) await tokens.reviewToken(one, address, anyone);
    expect(calls()).toBe(3);
    await tokens.reviewToken('a', address, anyone);
    expect(calls()).toBe(4);
  });

  it('keeps only the hash of a token', async () => {
    const set = vi.spyOn(KeptAnswers.prototype, 'set');
    await reviewer().reviewToken(token, address, anyone);
    const keys = set.mock.calls.map(([key]) => key);
    vi.restoreAllMocks();
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  });

  it('sends one review for many concurrent requests with the same token', async () => {
    const tokens = reviewer();
    const users = await Promise.all(
      Array.from({ length: 20 }, () => tokens.reviewToken(token, address, anyone)),
    );
    expect(new Set(users.map((user) => user?.name))).toEqual(new Set(['jane']));
    expect(calls()).toBe(1);
  });

  it('sends 200 reviews over at most 20 connections', async () => {
    const tokens = reviewer();
    for (let batch = 0; batch < 20; batch++)
      await Promise.all(
        Array.from({ length: 10 }, (_, i) => tokens.reviewToken(`${batch}-${i}`, address, anyone)),
      );
    expect(calls()).toBe(200);
    expect(api.server.connectionsAccepted).toBeLessThanOrEqual(20);
  });

  it('one waiter can leave without the others, and the call ends with the last one', async () => {
    const tokens = reviewer();
    api.server.fail('tokenreview', { kind: 'hang' });
    const leaving = [new AbortController(), new AbortController()] as const;
    const [first, second] = leaving.map(({ signal }) =>
      tokens.reviewToken(token, address, signal).catch((error: unknown) => error),
    );
    await waitFor(() => calls() === 1);
    leaving[0].abort('left');
    expect(await first).toBe('left');
    expect(api.server.openConnections).toBe(1);
    leaving[1].abort('left too');
    expect(await second).toBe('left too');
    await waitFor(() => api.server.openConnections === 0);
    api.server.recover('tokenreview');
    expect(await tokens.reviewToken(token, address, anyone)).toMatchObject({ name: 'jane' });
    expect(api.dependencies.observer.of('reviewFailed')).toEqual([]);
  });

  it('costs no connection if its client leaves before a quick answer', async () => {
    const tokens = reviewer();
    api.server.latencyMs.set('tokenreview', 20);
    for (let number = 1; number <= 20; number++) {
      const leaving = new AbortController();
      const left = tokens.reviewToken(`token-${number}`, address, leaving.signal);
      await waitFor(() => calls() === number);
      leaving.abort('left');
      await expect(left).rejects.toBe('left');
    }
    expect(api.server.connectionsAccepted).toBeLessThan(10);
    api.server.latencyMs.delete('tokenreview');
  });

  it('answers the waiters that stay when the first one leaves', async () => {
    const tokens = reviewer({ secondTryMs: 300 });
    api.server.fail('tokenreview', { kind: 'hang' }, 1);
    const leaving = new AbortController();
    const first = tokens.reviewToken(token, address, leaving.signal).catch((error: unknown) => error);
    const second = tokens.reviewToken(token, address, anyone);
    await waitFor(() => calls() >= 1);
    leaving.abort('left');
    expect(await first).toBe('left');
    expect(await second).toMatchObject({ name: 'jane' });
  });
});

describe('a review of a token that fails', () => {
  it.each<Failure>([
    { kind: 'status', code: 429 },
    { kind: 'status', code: 500 },
    { kind: 'status', code: 503 },
    { kind: 'hang' },
    { kind: 'stall' },
    { kind: 'cut' },
    { kind: 'garbage' },
  ])('is repeated after: $kind $code', async (failure) => {
    const failures = ['hang', 'stall'].includes(failure.kind) ? 1 : 2;
    api.server.fail('tokenreview', failure, failures);
    const tokens = reviewer({ secondTryMs: 200 });
    expect(await tokens.reviewToken(token, address, anyone)).toMatchObject({ name: 'jane' });
    expect(calls()).toBeGreaterThan(failures);
  });

  it('fails after five attempts, and the failure is not kept', async () => {
    const tokens = reviewer();
    api.server.fail('tokenreview', { kind: 'status', code: 500, message: 'etcd is away' });
    await expect(tokens.reviewToken(token, address, anyone)).rejects.toMatchObject({
      name: 'KubeError',
      statusCode: 500,
      message:
        'TokenReview failed: POST /apis/authentication.k8s.io/v1/tokenreviews answered 500: etcd is away',
    });
    expect(calls()).toBe(5);
    expect(api.dependencies.observer.of('reviewFailed')).toEqual([
      { kind: 'TokenReview', message: expect.stringContaining('etcd is away') as unknown, attempts: 5 },
    ]);
    api.server.recover('tokenreview');
    expect(await tokens.reviewToken(token, address, anyone)).toMatchObject({ name: 'jane' });
  });

  it('is not repeated if the adapter lacks the right', async () => {
    api.server.fail('tokenreview', { kind: 'status', code: 403, reason: 'Forbidden' });
    await expect(reviewer().reviewToken(token, address, anyone)).rejects.toMatchObject({
      reason: 'Forbidden',
    });
    expect(calls()).toBe(1);
  });

  it('ends within its deadline', async () => {
    api.server.fail('tokenreview', { kind: 'hang' });
    const settings = { deadlineMs: 400, secondTryMs: 300, firstPauseMs: 10 };
    const review = () =>
      expect(reviewer(settings).reviewToken(token, address, anyone)).rejects.toMatchObject({
        kind: 'timeout',
      });
    expectWithin(await tookMs(review), 2000);
    expect(calls()).toBeLessThanOrEqual(2);
  });

  it('fails at once if Retry-After is past its deadline', async () => {
    api.server.fail('tokenreview', { kind: 'status', code: 429, retryAfterSeconds: 60 });
    await expect(reviewer().reviewToken(token, address, anyone)).rejects.toMatchObject({ statusCode: 429 });
    expect(calls()).toBe(1);
  });

  it('fails if the API server does not listen', async () => {
    await api.server.goDown();
    await expect(reviewer().reviewToken(token, address, anyone)).rejects.toMatchObject({ kind: 'network' });
    await api.server.comeUp();
    expect(await reviewer().reviewToken(token, address, anyone)).toMatchObject({ name: 'jane' });
  });

  it.each([
    ['no user', { username: '' }],
    ['groups that are not a list', { username: 'x', groups: 'system:masters' }],
    ['extra that is not a map of lists', { username: 'x', extra: { a: 'b' } }],
    ['a name that was not UTF-8', { username: 'j\uFFFDrgen' }],
    ['half a character in a name', { username: 'j\uD83D' }],
    ['a group that was not UTF-8', { username: 'x', groups: ['\uFFFD'] }],
  ])('returns no user with %s', async (_, user) => {
    api.server.tokens.set('odd', user as never);
    await expect(reviewer().reviewToken('odd', address, anyone)).rejects.toMatchObject({ kind: 'reply' });
    expect(api.dependencies.observer.of('reviewFailed')).toHaveLength(1);
  });

  it('never shows the token in an error or event', async () => {
    api.server.fail('tokenreview', { kind: 'status', code: 400, message: `cannot decode ${token}` });
    const error: unknown = await reviewer()
      .reviewToken(token, address, anyone)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ statusCode: 400 });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secret-part');
    expect(api.dependencies.observer.text).toContain('cannot decode …');
    await api.server.goDown();
    const refused: unknown = await reviewer()
      .reviewToken(token, address, anyone)
      .catch((thrown: unknown) => thrown);
    expect(inspect(refused, { depth: 9, showHidden: true }) + api.dependencies.observer.text).not.toContain(
      'secret-part',
    );
  });
});
