import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { goodRead } from '../../support/cluster.ts';
import {
  protocols,
  startFactsCluster,
  type FactsCluster,
  type Protocol,
} from '../../support/facts-cluster.ts';
import { adapterManifests } from '../../support/manifests.ts';

let facts: FactsCluster;
beforeAll(async () => {
  facts = await startFactsCluster();
});
afterAll(() => facts[Symbol.asyncDispose]());
beforeEach(() => facts.allow());

type Row = readonly [fact: string, holds: (protocol: Protocol) => Promise<void>];

/** Retries and caches over time are in test/kube/reviews/access-review.test.ts. */
const table: readonly Row[] = [
  [
    'a read → resourceAttributes{namespace, verb:"list", group, version, resource: METRIC}',
    async (protocol) => {
      await facts.ask({ protocol });
      expect(facts.asked.map(({ resource }) => resource)).toEqual([
        {
          namespace: 'default',
          verb: 'list',
          group: 'external.metrics.k8s.io',
          version: 'v1beta1',
          resource: 'sls_ingress_qps',
        },
      ]);
    },
  ],
  [
    'any other path, such as /metrics → nonResourceAttributes{path, verb:"get"}',
    async (protocol) => {
      facts.allow(() => false);
      expect((await facts.ask({ protocol, path: '/metrics?x=1' })).statusCode).toBe(403);
      expect(facts.asked.map(({ path }) => path)).toEqual([{ path: '/metrics', verb: 'get' }]);
      facts.allow(({ path }) => path?.path === '/metrics' && path.verb === 'get');
      const granted = await facts.ask({ protocol, path: '/metrics' });
      expect([granted.statusCode, granted.text]).toEqual([200, expect.stringMatching(/^# HELP sls_/)]);
      expect(granted.text).toMatch(/^sls_metrics_adapter_kube_synced\{resource="configmaps",\S+ 1$/m);
      expect(granted.text).toMatch(
        /^sls_metrics_adapter_kube_last_sync_\w+\{resource="configmaps",\S+ \d{10}/m,
      );
    },
  ],
  [
    'watch=true gets 403 before 405 if the user may not read',
    async (protocol) => {
      facts.allow(() => false);
      expect((await facts.ask({ protocol, path: `${goodRead}&watch=true` })).statusCode).toBe(403);
    },
  ],
  [
    'a decision is kept only for the same user and the same attributes',
    async (protocol) => {
      const [may, mayNot] = [facts.newUser(), facts.newUser()];
      facts.allow(({ user, resource }) => user.username === may && resource?.namespace === 'default');
      const as = async (name: string, path = goodRead) =>
        (await facts.ask({ protocol, path, headers: { 'x-remote-user': name } })).statusCode;
      const elsewhere = goodRead.replace('/default/', '/other/');
      expect([await as(may), await as(mayNot), await as(may, elsewhere), await as(may)]).toEqual([
        200, 403, 403, 200,
      ]);
      const grouped = { 'x-remote-user': may, 'x-remote-group': 'more' };
      await facts.ask({ protocol, headers: grouped });
      expect(facts.asked).toHaveLength(4);
    },
  ],
  [
    'system:masters and exactly /healthz, /livez, /readyz need no review',
    async (protocol) => {
      facts.allow(() => false);
      const headers = { 'x-remote-group': 'system:masters' };
      expect((await facts.ask({ protocol, headers })).statusCode).toBe(200);
      for (const path of ['/healthz', '/livez', '/readyz'])
        expect((await facts.cluster.request({ protocol, path })).statusCode).toBe(200);
      expect(facts.asked).toEqual([]);
      for (const path of ['/healthz/ping', '/%68ealthz', '/healthz;x'])
        expect((await facts.ask({ protocol, path })).statusCode).toBe(403);
    },
  ],
];

describe.each(protocols)('authorisation over %s', (protocol) => {
  it.each(table)('%s', async (_, holds) => holds(protocol));
});

describe('the shipped RBAC', () => {
  it('lets the adapter read the authentication configuration and delegate, and the HPA read metrics', async () => {
    const text = await readFile(join(adapterManifests, 'rbac.yaml'), 'utf8');
    for (const name of [
      'extension-apiserver-authentication-reader',
      'system:auth-delegator',
      'horizontal-pod-autoscaler',
    ])
      expect(text).toContain(`name: ${name}\n`);
    expect(text).not.toContain('cluster-admin');
  });
});
