import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { authenticationData, ready, type ClusterRequest } from '../../support/cluster.ts';
import {
  jsonOf,
  protocols,
  startFactsCluster,
  type FactsCluster,
  type Protocol,
} from '../../support/facts-cluster.ts';
import { waitFor } from '../../support/wait-for.ts';

let facts: FactsCluster;
beforeAll(async () => {
  facts = await startFactsCluster();
});
afterAll(() => facts[Symbol.asyncDispose]());
beforeEach(() => facts.allow());

const anonymous = 'system:anonymous';
const authenticated = 'system:authenticated';

/** Sends a request and returns its status and the reviewed user. */
async function outcome(request: ClusterRequest) {
  const { statusCode } = await facts.cluster.request(request);
  const [access] = facts.asked;
  return { statusCode, user: access?.user.username, groups: access?.user.groups, extra: access?.user.extra };
}

const remote = (name: string, more: ClusterRequest['headers'] = {}) => ({ 'x-remote-user': name, ...more });
const token = (text: string) => ({ authorization: `Bearer ${text}` });

type Row = readonly [fact: string, holds: (protocol: Protocol) => Promise<void>];

/** Rotation and failures are in the access, rotation and life-cycle tests. */
const table: readonly Row[] = [
  [
    'the order: front proxy → client certificate → token → anonymous',
    async (protocol) => {
      const name = facts.newUser();
      facts.cluster.apiServer.tokens.set(`t-${name}`, { username: `token-${name}` });
      const headers = { ...remote(`proxy-${name}`), ...token(`t-${name}`) };
      const pair = await facts.cluster.clientCa.issue({ cn: `client-${name}` });
      for (const [request, user] of [
        [{ pair: await facts.front(), headers }, `proxy-${name}`],
        [{ pair, headers }, `client-${name}`],
        [{ headers }, `token-${name}`],
      ] as const) {
        facts.allow();
        expect(await outcome({ protocol, ...request })).toMatchObject({ statusCode: 200, user });
      }
    },
  ],
  [
    'a request is anonymous only if it presents no credentials',
    async (protocol) => {
      facts.allow(() => false);
      const path = `/nothing-${facts.newUser()}`;
      expect(await outcome({ protocol, path })).toMatchObject({ statusCode: 403, user: anonymous });
      facts.allow();
      expect(await outcome({ protocol, headers: token('bad') })).toMatchObject({ statusCode: 401 });
      const pair = await facts.cluster.proxyCa.issue({ cn: 'stranger' });
      expect(await outcome({ protocol, pair })).toMatchObject({ statusCode: 401 });
      expect(facts.asked).toEqual([]);
    },
  ],
  [
    "system:authenticated is added to every authenticated user, because the aggregator's own users have no groups",
    async (protocol) =>
      expect(
        await outcome({ protocol, pair: await facts.front(), headers: remote(facts.newUser()) }),
      ).toMatchObject({ statusCode: 200, groups: [authenticated] }),
  ],
  [
    'system:authenticated is not added to an anonymous user of the front proxy',
    async (protocol) => {
      const headers = remote(anonymous, { 'x-remote-group': 'system:unauthenticated' });
      const path = `/open-${facts.newUser()}`;
      expect(await outcome({ protocol, path, pair: await facts.front(), headers })).toMatchObject({
        groups: ['system:unauthenticated'],
      });
    },
  ],
  [
    'the request-header CA and the client CA are separate, and neither replaces the other',
    async (protocol) => {
      const name = facts.newUser();
      const pair = await facts.cluster.clientCa.issue({ cn: 'front-proxy-client' });
      const headers = remote(name, { 'x-remote-group': 'system:masters' });
      await outcome({ protocol, pair, headers, path: `/${name}` });
      expect(facts.asked).toMatchObject([
        { user: { username: 'front-proxy-client', groups: [authenticated] } },
      ]);
      const client = await facts.cluster.proxyCa.issue({ cn: 'front-proxy-client' });
      expect(await outcome({ protocol, pair: client })).toMatchObject({ statusCode: 401 });
    },
  ],
  [
    'the certificate and its intermediates have EKU clientAuth or none',
    async (protocol) => {
      for (const [options, statusCode] of [
        [{ eku: 'none' }, 200],
        [{ eku: 'client', intermediate: true }, 200],
        [{ eku: 'server' }, 401],
        [{ intermediate: 'for servers' }, 401],
      ] as const) {
        const request = { pair: await facts.front(options), headers: remote(facts.newUser()) };
        expect(await outcome({ protocol, ...request })).toMatchObject({ statusCode });
      }
    },
  ],
  [
    'the CN is one of the allowed names',
    async (protocol) =>
      expect(
        await outcome({
          protocol,
          pair: await facts.front({ cn: 'other' }),
          headers: remote(facts.newUser()),
        }),
      ).toMatchObject({ statusCode: 401 }),
  ],
  [
    'a valid proxy certificate without X-Remote-User → 401; only the case of the header may differ',
    async (protocol) => {
      const pair = await facts.front();
      expect(await outcome({ protocol, pair })).toMatchObject({ statusCode: 401 });
      for (const name of ['x_remote_user', 'remote-user', 'x-remote-user-'])
        expect(await outcome({ protocol, pair, headers: { [name]: 'admin' } })).toMatchObject({
          statusCode: 401,
        });
      const headers = { 'X-REMOTE-user': facts.newUser() };
      expect(await outcome({ protocol, pair, headers })).toMatchObject({ statusCode: 200 });
    },
  ],
  [
    'X-Remote-* without that certificate is ignored',
    async (protocol) => {
      const headers = remote('admin', { 'x-remote-group': 'system:masters', 'x-remote-uid': '0' });
      const path = `/ignored-${facts.newUser()}`;
      expect(await outcome({ protocol, path, headers })).toMatchObject({ user: anonymous });
    },
  ],
  [
    'a user may have a thousand group headers, which may contain commas',
    async (protocol) => {
      const pair = await facts.front();
      const few = remote(facts.newUser(), { 'x-remote-group': ['b,a', 'c'] });
      expect(await outcome({ protocol, pair, headers: few })).toMatchObject({
        groups: ['b,a', 'c', authenticated],
      });
      facts.allow();
      const groups = Array.from({ length: protocol === 'h1' ? 2500 : 1000 }, (_, index) => `g${index}`);
      const { statusCode, groups: seen } = await outcome({
        protocol,
        pair,
        headers: remote(facts.newUser(), { 'x-remote-group': groups }),
      });
      expect([statusCode, seen?.length]).toEqual([200, groups.length + 1]);
    },
  ],
  [
    'extra keys are lower-cased and percent-decoded, without their prefix',
    async (protocol) => {
      const headers = remote(facts.newUser(), {
        'X-Remote-Extra-Acme.com%2fProject': ['one', 'two, three'],
        'X-Remote-Extra-__proto__': 'x',
      });
      const { extra } = await outcome({ protocol, pair: await facts.front(), headers });
      expect(Object.entries(extra ?? {})).toEqual([
        ['__proto__', ['x']],
        ['acme.com/project', ['one', 'two, three']],
      ]);
    },
  ],
];

describe.each(protocols)('authentication over %s', (protocol) => {
  it.each(table)('%s', async (_, holds) => holds(protocol));
});

describe('ConfigMap kube-system/extension-apiserver-authentication', () => {
  it('is watched by name', () => {
    const [watch] = facts.cluster.apiServer.requests.filter(({ endpoint }) => endpoint === 'configmap.watch');
    expect(watch?.url).toContain('fieldSelector=metadata.name%3Dextension-apiserver-authentication');
  });

  it('is reloaded without a restart, and an empty list of allowed names allows any', async () => {
    const { clientCa, proxyCa, apiServer } = facts.cluster;
    const data = authenticationData(clientCa.certificate, proxyCa.certificate);
    apiServer.setAuthentication({ ...data, 'requestheader-allowed-names': '[]' });
    const pair = await facts.front({ cn: 'another' });
    await waitFor(async () => (await facts.ask({ pair })).statusCode === 200);
    apiServer.setAuthentication(data);
    await waitFor(async () => (await facts.ask({ pair })).statusCode === 401);
  });
});

describe('the bearer token of a client', () => {
  it.each([['Bearer'], ['bearer'], ['BEARER']])('is accepted with the scheme %s', async (scheme) => {
    const name = facts.newUser();
    facts.cluster.apiServer.tokens.set(name, { username: name });
    const headers = { authorization: `${scheme} ${name}` };
    expect(await outcome({ headers })).toMatchObject({ statusCode: 200, user: name });
  });

  it('is never shown in a response or a log, even if its review fails', async () => {
    facts.cluster.apiServer.fail('tokenreview', { kind: 'status', code: 403, message: 'no to s3cr3t' });
    const reply = await facts.cluster.request({ headers: token('s3cr3t') });
    facts.cluster.apiServer.recover('tokenreview');
    expect(jsonOf(reply)).toMatchObject({ code: 401 });
    expect(reply.text + JSON.stringify(facts.cluster.adapter.logLines)).not.toContain('s3cr3t');
    expect(await ready(facts.cluster)).toBe(true);
  });
});
