import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { IssueOptions } from '../../support/certificates.ts';
import { createCa } from '../../support/certificates.ts';
import {
  goodRead,
  ready,
  startCluster,
  type ClusterRequest,
  type TestCluster,
} from '../../support/cluster.ts';
import type { AskedAccess } from '../../support/scripted-reviews.ts';
import { waitFor } from '../../support/wait-for.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
  await waitFor(() => ready(cluster));
});
afterAll(() => cluster[Symbol.asyncDispose]());

let asked: AskedAccess[];
beforeEach(() => {
  asked = [];
  cluster.apiServer.decide = (access) => {
    asked.push(access);
    return true;
  };
});

let users = 0;
/** Returns a user that is not in any cache. */
const newUser = () => `user-${(users += 1)}`;

const front = (options: IssueOptions = {}) => cluster.proxyCa.issue({ cn: 'front-proxy-client', ...options });

const asUser = async (name: string, more: ClusterRequest = {}) =>
  cluster.request({ pair: await front(), ...more, headers: { 'x-remote-user': name, ...more.headers } });

const statusOf = (text: string) => JSON.parse(text) as { code: number; reason: string; message: string };

describe.each(['h1', 'h2'] as const)('over %s', (protocol) => {
  it('a user named by the front proxy is reviewed with the attributes that Go sends', async () => {
    const name = newUser();
    const headers = {
      'x-remote-uid': '42',
      'x-remote-group': ['dev,ops', 'qa'],
      'x-remote-extra-acme.com%2fproject': ['one', 'two, three'],
    };
    const { statusCode, text } = await asUser(name, { protocol, headers });
    expect([statusCode, JSON.parse(text)]).toMatchObject([
      200,
      { kind: 'ExternalMetricValueList', items: [{ value: '0' }] },
    ]);
    expect(asked).toEqual([
      {
        user: {
          username: name,
          uid: '42',
          groups: ['dev,ops', 'qa', 'system:authenticated'],
          extra: { 'acme.com/project': ['one', 'two, three'] },
        },
        resource: {
          namespace: 'default',
          verb: 'list',
          group: 'external.metrics.k8s.io',
          version: 'v1beta1',
          resource: 'sls_ingress_qps',
        },
      },
    ]);
  });

  it('X-Remote headers without the certificate are ignored, and the user is anonymous', async () => {
    cluster.apiServer.decide = () => false;
    const headers = { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' };
    const { statusCode, text } = await cluster.request({ protocol, headers });
    expect(statusCode).toBe(403);
    expect(statusOf(text)).toMatchObject({
      reason: 'Forbidden',
      message: expect.stringMatching(
        /^sls_ingress_qps\.external\.metrics\.k8s\.io is forbidden: User "system:anonymous" cannot list resource "sls_ingress_qps" in API group "external\.metrics\.k8s\.io" in the namespace "default"/,
      ) as unknown,
    });
  });

  it.each<[what: string, options: IssueOptions, headers?: Record<string, string>]>([
    ['another name', { cn: 'other' }],
    ['a certificate for servers', { eku: 'server' }],
    ['a certificate for e-mail', { eku: 'wrong' }],
    ['an expired certificate', { notAfter: new Date(Date.now() - 60_000) }],
    ['no user', {}, { 'x-remote-user': '' }],
  ])(
    'a front proxy with %s is not authenticated: 401',
    async (_, options, headers = { 'x-remote-user': 'admin' }) => {
      const { statusCode, text } = await cluster.request({ protocol, pair: await front(options), headers });
      expect([statusCode, statusOf(text).reason]).toEqual([401, 'Unauthorized']);
      expect(asked).toEqual([]);
    },
  );

  it('a front proxy of another authority is not authenticated: 401', async () => {
    const other = await createCa('front-proxy');
    const pair = await other.issue({ cn: 'front-proxy-client' });
    const { statusCode } = await cluster.request({ protocol, pair, headers: { 'x-remote-user': 'admin' } });
    expect(statusCode).toBe(401);
  });

  it('a client certificate names its user, and X-Remote headers are ignored', async () => {
    const name = newUser();
    const pair = await cluster.clientCa.issue({ cn: name, groups: ['dev'], intermediate: true });
    const headers = { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' };
    expect((await cluster.request({ protocol, pair, headers })).statusCode).toBe(200);
    expect(asked).toMatchObject([{ user: { username: name, groups: ['dev', 'system:authenticated'] } }]);
  });

  it('a token names the user of its review, and an unknown or expired one gets 401', async () => {
    const name = newUser();
    cluster.apiServer.tokens.set(`token-of-${name}`, { username: name, groups: ['system:serviceaccounts'] });
    const withToken = (token: string) =>
      cluster.request({ protocol, headers: { authorization: `Bearer ${token}` } });
    expect((await withToken(`token-of-${name}`)).statusCode).toBe(200);
    expect(asked).toMatchObject([{ user: { username: name } }]);
    expect((await withToken('expired')).statusCode).toBe(401);
  });

  it('system:masters are allowed without a review', async () => {
    const headers = { 'x-remote-group': 'system:masters' };
    expect((await asUser(newUser(), { protocol, headers })).statusCode).toBe(200);
    expect(asked).toEqual([]);
  });
});

describe('a read with an unusual spelling of its path', () => {
  const base = '/apis/external.metrics.k8s.io/v1beta1';
  const query = goodRead.slice(goodRead.indexOf('?'));
  it.each([
    `${base}/namespaces/default/sls_ingress_qps/${query}`,
    `${base}/%6eamespaces/default/sls_ingress_qps${query}`,
    `${base}/namespaces/%64efault/sls_ingress_qp%73${query}`,
    `/%61pis/external.metrics.k8s.io/v1beta1/namespaces/default/sls_ingress_qps${query}`,
    `${base}/namespaces/default/sls_ingress_qps${query}#/x`,
    `${base}/namespaces/default/sls_ingress_qps#/x${query}`,
    `${base}/namespaces/default/sls_ingress_qps;x=1${query}`,
  ])('%s is never answered without a review', async (path) => {
    cluster.apiServer.decide = (access) => {
      asked.push(access);
      return true;
    };
    for (const protocol of ['h1', 'h2'] as const) {
      asked = [];
      const { statusCode, text } = await asUser(newUser(), { path, protocol });
      if (statusCode !== 200) expect([400, 404]).toContain(statusCode);
      else {
        expect(text).toContain('ExternalMetricValueList');
        expect(asked).toMatchObject([{ resource: { namespace: 'default', resource: 'sls_ingress_qps' } }]);
      }
    }
  });
});

describe('paths without a review', () => {
  it.each(['/healthz', '/livez', '/readyz'])('%s is open to everyone', async (path) => {
    expect((await cluster.request({ path })).text).toBe('ok');
    expect(asked).toEqual([]);
  });

  it.each(['/healthz/ping', '/readyz/shutdown', '/metrics', '/nowhere'])(
    '%s needs a review of its path',
    async (path) => {
      cluster.apiServer.decide = (access) => {
        asked.push(access);
        return false;
      };
      const name = newUser();
      const { statusCode, text } = await asUser(name, { path: `${path}?verbose=1` });
      expect([statusCode, statusOf(text).message]).toMatchObject([
        403,
        expect.stringContaining(`forbidden: User "${name}" cannot get path "${path}"`),
      ]);
      expect(asked).toMatchObject([{ path: { path, verb: 'get' } }]);
    },
  );

  it.each(['/apis', '/apis/external.metrics.k8s.io/v1beta1', '/openapi/v3', '/version'])(
    '%s is open to every authenticated user, but not to anonymous',
    async (path) => {
      expect((await asUser(newUser(), { path })).statusCode).toBe(200);
      expect(asked).toEqual([]);
      cluster.apiServer.decide = () => false;
      expect((await cluster.request({ path })).statusCode).toBe(403);
    },
  );
});

describe('if the API server fails', () => {
  it('a failed access review is a 500 that names the missing role, and is not kept', async () => {
    cluster.apiServer.fail('subjectaccessreview', { kind: 'status', code: 403 });
    const { statusCode, text } = await asUser(newUser());
    expect([statusCode, statusOf(text).message]).toMatchObject([
      500,
      expect.stringContaining('system:auth-delegator'),
    ]);
    cluster.apiServer.recover('subjectaccessreview');
    expect((await asUser(newUser())).statusCode).toBe(200);
  });

  it('a failed token review is a 401', async () => {
    cluster.apiServer.fail('tokenreview', { kind: 'status', code: 403 });
    const headers = { authorization: 'Bearer some-token' };
    expect((await cluster.request({ headers })).statusCode).toBe(401);
    cluster.apiServer.recover('tokenreview');
  });

  it('an access review is retried', async () => {
    cluster.apiServer.fail('subjectaccessreview', { kind: 'status', code: 500 }, 2);
    expect((await asUser(newUser())).statusCode).toBe(200);
  });

  it('a decision is kept for the next request', async () => {
    const name = newUser();
    await asUser(name);
    await asUser(name);
    expect(asked).toHaveLength(1);
  });

  it('discovery, probes and recently reviewed users are answered while it is down', async () => {
    const name = newUser();
    await asUser(name);
    await cluster.apiServer.goDown();
    expect((await asUser(name)).statusCode).toBe(200);
    expect((await asUser(newUser(), { path: '/apis/external.metrics.k8s.io/v1beta1' })).statusCode).toBe(200);
    expect((await cluster.request({ path: '/readyz' })).text).toBe('ok');
    await cluster.apiServer.comeUp();
    expect((await asUser(newUser(), { path: goodRead })).statusCode).toBe(200);
  });
});
