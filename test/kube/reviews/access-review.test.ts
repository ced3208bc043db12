import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AccessReviewer, type AccessAttributes } from '../../../src/kube/reviews/access-review.ts';
import { defaultReviewSettings, type ReviewSettings } from '../../../src/kube/reviews/reviewer.ts';
import type { User } from '../../../src/kube/reviews/user.ts';
import { waitFor } from '../../support/wait-for.ts';
import { anyone, useReviewServer } from './review-server.ts';

const jane: User = {
  name: 'jane',
  uid: 'u-1',
  groups: ['devs', 'system:authenticated'],
  extra: { scopes: ['b', 'a'], 'example.com/k': ['v'] },
};
const read: AccessAttributes = {
  kind: 'resource',
  namespace: 'shop',
  verb: 'list',
  group: 'external.metrics.k8s.io',
  version: 'v1beta1',
  resource: 'sls_ingress_qps',
};
const metrics: AccessAttributes = { kind: 'path', path: '/metrics', verb: 'get' };

const api = useReviewServer();

const reviewer = (settings: Partial<ReviewSettings> = {}) =>
  new AccessReviewer(
    { ...api.dependencies, client: api.client },
    {
      ...defaultReviewSettings,
      firstPauseMs: 2,
      ...settings,
    },
  );
const calls = () => api.server.count('subjectaccessreview');
/** Long enough for a call and its answer to arrive: however slow this process is, its sockets are read after each pause. */
const aMoment = async () => {
  for (let pause = 0; pause < 10; pause += 1) await sleep(5);
};

describe('a review of access', () => {
  it('sends the attributes that Go sends for a metric', async () => {
    api.server.decide = ({ resource }) => resource?.resource === 'sls_ingress_qps';
    expect(await reviewer().reviewAccess(jane, read, anyone)).toEqual({ allowed: true });
    expect(api.server.requests.at(-1)?.body).toEqual({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: 'jane',
        uid: 'u-1',
        groups: ['devs', 'system:authenticated'],
        extra: { 'example.com/k': ['v'], scopes: ['b', 'a'] },
        resourceAttributes: {
          namespace: 'shop',
          verb: 'list',
          group: 'external.metrics.k8s.io',
          version: 'v1beta1',
          resource: 'sls_ingress_qps',
        },
      },
    });
  });

  it('sends the attributes of a path', async () => {
    api.server.decide = ({ path }) => path?.path === '/metrics' && path.verb === 'get';
    const user = { name: 'system:anonymous', groups: ['system:unauthenticated'], extra: {} };
    expect(await reviewer().reviewAccess(user, metrics, anyone)).toEqual({ allowed: true });
    expect(api.server.requests.at(-1)?.body).toMatchObject({
      spec: {
        user: 'system:anonymous',
        groups: ['system:unauthenticated'],
        nonResourceAttributes: { path: '/metrics', verb: 'get' },
      },
    });
  });

  it('returns the reason of the authorizer', async () => {
    api.server.decide = () => ({
      allowed: false,
      reason: 'no RBAC policy matched',
      evaluationError: 'role x not found',
    });
    expect(await reviewer().reviewAccess(jane, read, anyone)).toEqual({
      allowed: false,
      reason: 'no RBAC policy matched',
    });
  });
});

describe('the cache of access reviews', () => {
  it.each([true, false])('keeps the answer %s for 10 s', async (allowed) => {
    const access = reviewer();
    api.server.decide = () => allowed;
    await access.reviewAccess(jane, read, anyone);
    api.server.decide = () => !allowed;
    api.clock.advance(10_000);
    expect(await access.reviewAccess(jane, read, anyone)).toEqual({ allowed });
    api.clock.advance(1);
    expect(await access.reviewAccess(jane, read, anyone)).toEqual({ allowed: !allowed });
    expect(calls()).toBe(2);
  });

  it('takes a user for the same one in any order of groups and extra', async () => {
    const access = reviewer();
    await access.reviewAccess(jane, read, anyone);
    await access.reviewAccess(
      {
        extra: { 'example.com/k': ['v'], scopes: ['b', 'a'] },
        groups: ['system:authenticated', 'devs', 'devs'],
        uid: 'u-1',
        name: 'jane',
      },
      { ...read },
      anyone,
    );
    expect(calls()).toBe(1);
  });

  it.each<[string, User, AccessAttributes]>([
    ['name', { ...jane, name: 'joe' }, read],
    ['uid', { ...jane, uid: 'u-2' }, read],
    ['groups', { ...jane, groups: ['devs'] }, read],
    ['groups joined otherwise', { ...jane, groups: ['devs,system:authenticated'] }, read],
    ['values of extra', { ...jane, extra: { ...jane.extra, scopes: ['a', 'b'] } }, read],
    ['namespace', jane, { ...read, namespace: 'other' }],
    ['metric', jane, { ...read, resource: 'sls_ingress_latency_p95' }],
    ['verb', jane, { ...read, verb: 'get' }],
    ['kind of question', jane, metrics],
  ])('sends another review for another %s', async (_, user, attributes) => {
    const access = reviewer();
    api.server.decide = () => true;
    await access.reviewAccess(jane, read, anyone);
    api.server.decide = () => false;
    expect(await access.reviewAccess(user, attributes, anyone)).toEqual({ allowed: false });
  });

  it('keeps a limited number of answers', async () => {
    const access = reviewer({ maxEntries: 2 });
    for (const namespace of ['a', 'b', 'c', 'a'])
      await access.reviewAccess(jane, { ...read, namespace }, anyone);
    expect(calls()).toBe(4);
  });

  it('sends one review for many concurrent requests', async () => {
    const access = reviewer();
    await Promise.all(Array.from({ length: 20 }, () => access.reviewAccess(jane, read, anyone)));
    expect(calls()).toBe(1);
  });
});

describe('an answer that is used in the last quarter of its time', () => {
  const kept = async () => {
    const access = reviewer();
    api.server.decide = () => true;
    await access.reviewAccess(jane, read, anyone);
    api.clock.advance(7500);
    await access.reviewAccess(jane, read, anyone);
    await aMoment();
    expect(calls()).toBe(1);
    api.clock.advance(1);
    return access;
  };

  it('is renewed by one review, and takes the new answer of the API server', async () => {
    const access = await kept();
    const both = [access.reviewAccess(jane, read, anyone), access.reviewAccess(jane, read, anyone)];
    expect(await Promise.all(both)).toEqual([{ allowed: true }, { allowed: true }]);
    await waitFor(() => calls() === 2);
    await aMoment();
    api.clock.advance(9000);
    expect(await access.reviewAccess(jane, read, anyone)).toEqual({ allowed: true });
    api.server.decide = () => false;
    await waitFor(async () => !(await access.reviewAccess(jane, read, anyone)).allowed);
    expect(calls()).toBe(3);
  });

  it('is returned without waiting, and is not valid after its time', async () => {
    const access = await kept();
    api.server.fail('subjectaccessreview', { kind: 'status', code: 403 });
    expect(await access.reviewAccess(jane, read, anyone)).toEqual({ allowed: true });
    await waitFor(() => api.dependencies.observer.of('reviewFailed').length === 1);
    expect(await access.reviewAccess(jane, read, anyone)).toEqual({ allowed: true });
    api.clock.advance(2500);
    await expect(access.reviewAccess(jane, read, anyone)).rejects.toMatchObject({ statusCode: 403 });
  });

  it('makes a request wait for the running renewal after its time is over', async () => {
    const access = await kept();
    api.server.fail('subjectaccessreview', { kind: 'hang' }, 1);
    await access.reviewAccess(jane, read, anyone);
    await waitFor(() => calls() === 2);
    api.clock.advance(2500);
    const gone = new AbortController();
    const waiting = access.reviewAccess(jane, read, gone.signal);
    gone.abort('gone');
    await expect(waiting).rejects.toBe('gone');
    await waitFor(() => api.server.openConnections === 0);
    expect(await access.reviewAccess(jane, read, anyone)).toEqual({ allowed: true });
  });

  it('does not delay a stop, and is not renewed after it', async () => {
    const access = await kept();
    api.server.fail('subjectaccessreview', { kind: 'hang' }, 1);
    await access.reviewAccess(jane, read, anyone);
    await waitFor(() => calls() === 2);
    access.close();
    await waitFor(() => api.server.openConnections === 0);
    expect(await access.reviewAccess(jane, read, anyone)).toEqual({ allowed: true });
    await aMoment();
    expect(calls()).toBe(2);
    expect(api.dependencies.observer.of('reviewFailed')).toEqual([]);
  });
});

describe('a review of access that fails', () => {
  it('is repeated', async () => {
    api.server.decide = () => true;
    api.server.fail('subjectaccessreview', { kind: 'status', code: 503 }, 4);
    expect(await reviewer().reviewAccess(jane, read, anyone)).toEqual({ allowed: true });
    expect(calls()).toBe(5);
  });

  it('allows nothing, and the failure is not kept', async () => {
    const access = reviewer();
    api.server.decide = () => true;
    api.server.fail('subjectaccessreview', { kind: 'cut' });
    await expect(access.reviewAccess(jane, read, anyone)).rejects.toMatchObject({ kind: 'network' });
    expect(api.dependencies.observer.of('reviewFailed')).toMatchObject([
      { kind: 'SubjectAccessReview', attempts: 5 },
    ]);
    api.server.recover('subjectaccessreview');
    expect(await access.reviewAccess(jane, read, anyone)).toEqual({ allowed: true });
  });

  it.each([
    ['both allowed and denied', { allowed: true, denied: true }],
    ['no decision', { allowed: 'yes' as unknown as boolean }],
  ])('allows nothing with %s', async (_, status) => {
    api.server.decide = () => status;
    await expect(reviewer().reviewAccess(jane, read, anyone)).rejects.toMatchObject({ kind: 'reply' });
  });

  it('ends when its only waiter leaves', async () => {
    const gone = new AbortController();
    gone.abort('gone');
    await expect(reviewer().reviewAccess(jane, read, gone.signal)).rejects.toBe('gone');
    expect(calls()).toBe(0);
  });
});
