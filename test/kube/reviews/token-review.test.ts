import { inspect } from 'node:util';
import { LRUCache } from 'lru-cache';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadKubeClient, type KubeClient } from '../../../src/kube/client/kube-client.ts';
import { TokenReviewer, defaultTokenReviewSettings } from '../../../src/kube/reviews/token-review.ts';
import type { ReviewSettings } from '../../../src/kube/reviews/reviewer.ts';
import {
  startScriptedApiServer,
  type Failure,
  type ScriptedApiServer,
} from '../../support/scripted-apiserver.ts';
import { TestClock } from '../../support/test-clock.ts';
import { waitFor } from '../../support/wait-for.ts';
import { surroundings, type TestSurroundings } from '../kube-harness.ts';

const token = 'eyJhbGciOi.secret-part.signature';
const anyone = new AbortController().signal;
const fast = { firstPauseMs: 2 };

let server: ScriptedApiServer;
let client: KubeClient;
let clock: TestClock;
let around: TestSurroundings;

beforeEach(async () => {
  server = await startScriptedApiServer();
  client = await loadKubeClient(await server.podSurroundings());
  clock = new TestClock();
  around = surroundings({ clock });
  server.tokens.set(token, {
    username: 'jane',
    uid: 'u-1',
    groups: ['devs', 'a,b'],
    extra: { 'Example.com/Scope': ['x', 'y'] },
  });
});
afterEach(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
});

const reviewer = (settings: Partial<ReviewSettings> = {}) =>
  new TokenReviewer(client, around, { ...defaultTokenReviewSettings, ...fast, ...settings });
const calls = () => server.count('tokenreview');

describe('a token', () => {
  it('is asked about as Go asks, and stands for a user', async () => {
    expect(await reviewer().reviewToken(token, anyone)).toEqual({
      name: 'jane',
      uid: 'u-1',
      groups: ['devs', 'a,b'],
      extra: { 'example.com/scope': ['x', 'y'] },
    });
    expect(server.requests.at(-1)?.body).toEqual({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token },
    });
  });

  it('may stand for a user with a name alone', async () => {
    server.tokens.set('t', { username: 'system:x' });
    expect(await reviewer().reviewToken('t', anyone)).toEqual({ name: 'system:x', groups: [], extra: {} });
  });

  it('that the API server does not know stands for nobody', async () => {
    expect(await reviewer().reviewToken('unknown', anyone)).toBeUndefined();
    expect(around.observer.text).toBe('[]');
  });

  it('holds a good one for 10 s', async () => {
    const tokens = reviewer();
    await tokens.reviewToken(token, anyone);
    server.tokens.delete(token);
    clock.advance(10_000);
    expect(await tokens.reviewToken(token, anyone)).toMatchObject({ name: 'jane' });
    clock.advance(1);
    expect(await tokens.reviewToken(token, anyone)).toBeUndefined();
    expect(calls()).toBe(2);
  });

  it('holds a bad one for 2 s', async () => {
    const tokens = reviewer();
    await tokens.reviewToken('new', anyone);
    server.tokens.set('new', { username: 'joe' });
    clock.advance(2000);
    expect(await tokens.reviewToken('new', anyone)).toBeUndefined();
    clock.advance(1);
    expect(await tokens.reviewToken('new', anyone)).toMatchObject({ name: 'joe' });
    expect(calls()).toBe(2);
  });

  it('is bounded, and drops the least recently used', async () => {
    const tokens = reviewer({ maxEntries: 2 });
    for (const one of ['a', 'b', 'a', 'c', 'a']) await tokens.reviewToken(one, anyone);
    expect(calls()).toBe(3);
    await tokens.reviewToken('b', anyone);
    expect(calls()).toBe(4);
  });

  it('knows a token by its hash alone', async () => {
    const [set, get] = [vi.spyOn(LRUCache.prototype, 'set'), vi.spyOn(LRUCache.prototype, 'get')];
    await reviewer().reviewToken(token, anyone);
    const keys = [...set.mock.calls, ...get.mock.calls].map(([key]) => String(key));
    vi.restoreAllMocks();
    expect(keys).toHaveLength(2);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{64}$/);
  });

  it('asks once for many at the same time', async () => {
    const tokens = reviewer();
    const users = await Promise.all(Array.from({ length: 20 }, () => tokens.reviewToken(token, anyone)));
    expect(new Set(users.map((user) => user?.name))).toEqual(new Set(['jane']));
    expect(calls()).toBe(1);
  });

  it('needs few connections for many reviews', async () => {
    const tokens = reviewer();
    for (let batch = 0; batch < 20; batch++)
      await Promise.all(Array.from({ length: 10 }, (_, i) => tokens.reviewToken(`${batch}-${i}`, anyone)));
    expect(calls()).toBe(200);
    expect(server.connectionsAccepted).toBeLessThanOrEqual(20);
  });

  it('lets one leave without the others, and ends the call with the last', async () => {
    const tokens = reviewer();
    server.fail('tokenreview', { kind: 'hang' });
    const leaving = [new AbortController(), new AbortController()] as const;
    const [first, second] = leaving.map(({ signal }) =>
      tokens.reviewToken(token, signal).catch((error: unknown) => error),
    );
    await waitFor(() => calls() === 1);
    leaving[0].abort('left');
    expect(await first).toBe('left');
    expect(server.openConnections).toBe(1);
    leaving[1].abort('left too');
    expect(await second).toBe('left too');
    await waitFor(() => server.openConnections === 0);
    server.recover('tokenreview');
    expect(await tokens.reviewToken(token, anyone)).toMatchObject({ name: 'jane' });
    expect(around.observer.of('reviewFailed')).toEqual([]);
  });

  it('answers those who stay when the first leaves', async () => {
    const tokens = reviewer({ attemptTimeoutMs: 300 });
    server.fail('tokenreview', { kind: 'hang' }, 1);
    const leaving = new AbortController();
    const first = tokens.reviewToken(token, leaving.signal).catch((error: unknown) => error);
    const second = tokens.reviewToken(token, anyone);
    await waitFor(() => calls() === 1);
    leaving.abort('left');
    expect(await first).toBe('left');
    expect(await second).toMatchObject({ name: 'jane' });
  });
});

describe('a review that fails', () => {
  it.each<Failure>([
    { kind: 'status', code: 429 },
    { kind: 'status', code: 500 },
    { kind: 'status', code: 503 },
    { kind: 'hang' },
    { kind: 'stall' },
    { kind: 'cut' },
    { kind: 'garbage' },
  ])('is tried again: $kind $code', async (failure) => {
    server.fail('tokenreview', failure, 2);
    const tokens = reviewer(['hang', 'stall'].includes(failure.kind) ? { attemptTimeoutMs: 200 } : {});
    expect(await tokens.reviewToken(token, anyone)).toMatchObject({ name: 'jane' });
    expect(calls()).toBeGreaterThanOrEqual(3);
  });

  it('is given up after five attempts, lets nobody in, and is not remembered', async () => {
    const tokens = reviewer();
    server.fail('tokenreview', { kind: 'status', code: 500, message: 'etcd is away' });
    await expect(tokens.reviewToken(token, anyone)).rejects.toMatchObject({
      name: 'KubeError',
      statusCode: 500,
      message:
        'TokenReview failed: POST /apis/authentication.k8s.io/v1/tokenreviews answered 500: etcd is away',
    });
    expect(calls()).toBe(5);
    expect(around.observer.of('reviewFailed')).toEqual([
      { kind: 'TokenReview', message: expect.stringContaining('etcd is away') as unknown, attempts: 5 },
    ]);
    server.recover('tokenreview');
    expect(await tokens.reviewToken(token, anyone)).toMatchObject({ name: 'jane' });
  });

  it('is not tried again where the adapter lacks the right', async () => {
    server.fail('tokenreview', { kind: 'status', code: 403, reason: 'Forbidden' });
    await expect(reviewer().reviewToken(token, anyone)).rejects.toMatchObject({ reason: 'Forbidden' });
    expect(calls()).toBe(1);
  });

  it('ends within its deadline', async () => {
    const beganMs = performance.now();
    server.fail('tokenreview', { kind: 'hang' });
    const settings = { deadlineMs: 400, attemptTimeoutMs: 300, firstPauseMs: 10 };
    await expect(reviewer(settings).reviewToken(token, anyone)).rejects.toMatchObject({ kind: 'timeout' });
    expect(calls()).toBeLessThanOrEqual(2);
    expect(performance.now() - beganMs).toBeLessThan(2000);
  });

  it('waits as long as the server asks, or not at all', async () => {
    server.fail('tokenreview', { kind: 'status', code: 429, retryAfterSeconds: 60 });
    await expect(reviewer().reviewToken(token, anyone)).rejects.toMatchObject({ statusCode: 429 });
    expect(calls()).toBe(1);
  });

  it('fails where nobody listens', async () => {
    await server.goDown();
    await expect(reviewer().reviewToken(token, anyone)).rejects.toMatchObject({ kind: 'network' });
    await server.comeUp();
    expect(await reviewer().reviewToken(token, anyone)).toMatchObject({ name: 'jane' });
  });

  it.each([
    ['no user', { username: '' }],
    ['groups that are none', { username: 'x', groups: 'system:masters' }],
    ['extra that is none', { username: 'x', extra: { a: 'b' } }],
  ])('lets nobody in with %s', async (_, user) => {
    server.tokens.set('odd', user as never);
    await expect(reviewer().reviewToken('odd', anyone)).rejects.toMatchObject({ kind: 'reply' });
    expect(around.observer.of('reviewFailed')).toHaveLength(1);
  });

  it('never shows the token', async () => {
    server.fail('tokenreview', { kind: 'status', code: 400, message: `cannot decode ${token}` });
    const error: unknown = await reviewer()
      .reviewToken(token, anyone)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ statusCode: 400 });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('secret-part');
    expect(around.observer.text).toContain('cannot decode …');
    await server.goDown();
    const refused: unknown = await reviewer()
      .reviewToken(token, anyone)
      .catch((thrown: unknown) => thrown);
    expect(inspect(refused, { depth: 9, showHidden: true }) + around.observer.text).not.toContain(
      'secret-part',
    );
  });
});
