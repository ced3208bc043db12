import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basePath, logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { goodRead } from '../../support/cluster.ts';
import {
  accepting,
  jsonOf,
  protocols,
  startFactsCluster,
  type Fact,
  type FactsCluster,
} from '../../support/facts-cluster.ts';
import { listMetrics } from '../../support/catalog.ts';

let facts: FactsCluster;

/** 63 requests every 8 s are 7.875 per second in any window of 16 s. */
const route = 'default-bert-8501';
const read = readPath(
  'sls_ingress_qps',
  selectorOf({
    'sls.project': project,
    'sls.logstore': logstore,
    'sls.ingress.route': route,
    'sls.query.interval': '16',
  }),
);

beforeAll(async () => {
  facts = await startFactsCluster();
  const nowSeconds = Math.floor(Date.now() / 1000);
  const fields = { status: '200', proxy_upstream_name: route, proxy_alternative_upstream_name: '' };
  const records = Array.from({ length: 24 }, (_, period) =>
    Array.from({ length: 63 }, () => ({ timeSeconds: nowSeconds + 60 - 8 * period, fields })),
  );
  await facts.cluster.emulator.sink(project, logstore).append(records.flat());
});
afterAll(() => facts[Symbol.asyncDispose]());

const groupVersion = 'external.metrics.k8s.io/v1beta1';
const version = { groupVersion, version: 'v1beta1' };
const group = { name: 'external.metrics.k8s.io', versions: [version], preferredVersion: version };
const discovery = (wanted: string) =>
  accepting(`application/json;g=apidiscovery.k8s.io;v=${wanted};as=APIGroupDiscoveryList`);

type Item = Readonly<Record<string, unknown>>;

const itemsOf = (reply: { readonly text: string }) =>
  (JSON.parse(reply.text) as { readonly items: readonly Item[] }).items;

const table: readonly Fact[] = [
  [
    'JSON is compact with a trailing newline, and pretty for ?pretty=true',
    async (ask) => {
      const { text } = await ask('/apis');
      expect(text).toBe(`${JSON.stringify(JSON.parse(text))}\n`);
      expect((await ask('/apis?pretty=true')).text).toBe(`${JSON.stringify(JSON.parse(text), null, 2)}\n`);
    },
  ],
  [
    'Content-Type: application/json, Cache-Control: no-cache, private',
    async (ask) => {
      const expected = { 'content-type': 'application/json', 'cache-control': 'no-cache, private' };
      for (const path of ['/apis', basePath, read, '/nowhere'])
        expect((await ask(path)).headers).toMatchObject(expected);
    },
  ],
  [
    'a trailing slash is accepted under /apis',
    async (ask) => {
      for (const path of [
        '/apis/',
        '/apis/external.metrics.k8s.io/',
        `${basePath}/`,
        read.replace('?', '/?'),
      ])
        expect((await ask(path)).statusCode).toBe(200);
    },
  ],
  [
    '/apis → APIGroupList',
    async (ask) =>
      expect(jsonOf(await ask('/apis'))).toEqual({ kind: 'APIGroupList', apiVersion: 'v1', groups: [group] }),
  ],
  [
    '/apis/external.metrics.k8s.io → APIGroup',
    async (ask) =>
      expect(jsonOf(await ask('/apis/external.metrics.k8s.io'))).toEqual({
        kind: 'APIGroup',
        apiVersion: 'v1',
        ...group,
      }),
  ],
  [
    '/apis/external.metrics.k8s.io/v1beta1 → APIResourceList, one entry per metric, in a stable order, never empty',
    async (ask) => {
      const first = await ask(basePath);
      const { resources, ...rest } = jsonOf(first) as { readonly resources: readonly Item[] };
      expect(rest).toEqual({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion });
      expect(resources.length).toBeGreaterThan(0);
      for (const resource of resources)
        expect(resource).toEqual({
          name: expect.stringMatching(/^sls_/) as unknown,
          singularName: '',
          namespaced: true,
          kind: 'ExternalMetricValueList',
          verbs: ['get'],
        });
      expect((await ask(basePath)).text).toBe(first.text);
    },
  ],
  [
    'a read → ExternalMetricValueList with metadata:{} and items of five fields, including metricLabels and timestamp',
    async (ask) => {
      for (const path of [read, goodRead]) {
        const reply = await ask(path);
        expect(jsonOf(reply)).toMatchObject({
          kind: 'ExternalMetricValueList',
          apiVersion: groupVersion,
          metadata: {},
        });
        for (const item of itemsOf(reply))
          expect(Object.keys(item)).toEqual(['metricName', 'metricLabels', 'timestamp', 'window', 'value']);
      }
    },
  ],
  ['window is an integer in seconds', async (ask) => expect((await ask(read)).text).toMatch(/"window":16,/)],
  [
    'timestamp is RFC 3339 with a zone, whole seconds',
    async (ask) => expect((await ask(read)).text).toMatch(/"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/),
  ],
  [
    'value is a canonical Quantity: 7.875 → 7875m',
    async (ask) => expect(itemsOf(await ask(read))).toMatchObject([{ value: '7875m' }]),
  ],
  ...['v2', 'v2beta1'].map((wanted): Fact => [
    `aggregated discovery ${wanted} on /apis → APIGroupDiscoveryList with each resource`,
    async (ask) => {
      const reply = await ask('/apis', discovery(wanted));
      expect(reply.headers['content-type']).toBe(
        `application/json;g=apidiscovery.k8s.io;v=${wanted};as=APIGroupDiscoveryList`,
      );
      const resources = listMetrics().map(({ name }) => ({
        resource: name,
        responseKind: { group: group.name, version: 'v1beta1', kind: 'ExternalMetricValueList' },
        scope: 'Namespaced',
        verbs: ['get'],
      }));
      const versions = [{ version: 'v1beta1', resources, freshness: 'Current' }];
      expect(jsonOf(reply)).toMatchObject({
        kind: 'APIGroupDiscoveryList',
        apiVersion: `apidiscovery.k8s.io/${wanted}`,
        items: [{ metadata: { name: group.name }, versions }],
      });
    },
  ]),
  ...['/apis', '/openapi/v2', '/openapi/v3', '/openapi/v3/apis/external.metrics.k8s.io/v1beta1'].map(
    (path): Fact => [
      `${path}: Vary: Accept, a quoted ETag, 304 on If-None-Match`,
      async (ask) => {
        const accept = path === '/apis' ? discovery('v2').headers : {};
        const { headers } = await ask(path, { headers: { ...accept } });
        expect(headers).toMatchObject({
          vary: 'Accept',
          etag: expect.stringMatching(/^"[^"]+"$/) as unknown,
        });
        const again = await ask(path, { headers: { ...accept, 'if-none-match': String(headers['etag']) } });
        expect([again.statusCode, again.text]).toEqual([304, '']);
      },
    ],
  ),
  [
    '/openapi/v3 names the document of the group, with its ?hash=',
    async (ask) => {
      const { paths } = jsonOf(await ask('/openapi/v3')) as {
        readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
      };
      const url = paths[`apis/${groupVersion}`]?.serverRelativeURL ?? '';
      expect(url).toMatch(/\?hash=[0-9A-F]{64}$/);
      expect(jsonOf(await ask(url))).toMatchObject({ openapi: expect.stringMatching(/^3\./) as unknown });
    },
  ],
  [
    '/version',
    async (ask) =>
      expect(jsonOf(await ask('/version'))).toMatchObject({
        gitVersion: expect.stringMatching(/^v\d/) as unknown,
      }),
  ],
  ...['/healthz', '/livez', '/readyz'].map((path): Fact => [
    `${path} answers ok as text/plain, and has ?verbose, ?exclude= and a sub-path per check`,
    async (ask) => {
      const { headers, text } = await ask(path);
      expect([headers['content-type'], text]).toEqual(['text/plain; charset=utf-8', 'ok']);
      expect((await ask(`${path}?verbose`)).text).toMatch(/^\[\+\]ping ok\n.*check passed\n$/s);
      expect((await ask(`${path}?verbose&exclude=ping`)).text).toMatch(/^\[\+\]ping excluded: ok\n/);
      expect((await ask(`${path}/ping`)).text).toBe('ok');
    },
  ]),
];

describe.each(protocols)('paths and bodies over %s', (protocol) => {
  it.each(table)('%s', async (_, holds) => holds(facts.askOver(protocol), protocol));
});
