import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basePath } from '../../support/adapter.ts';
import { goodRead } from '../../support/cluster.ts';
import {
  accepting,
  jsonOf,
  protocols,
  startFactsCluster,
  type Fact,
  type FactsCluster,
} from '../../support/facts-cluster.ts';

let facts: FactsCluster;
beforeAll(async () => {
  facts = await startFactsCluster();
});
afterAll(() => facts[Symbol.asyncDispose]());

const list = { kind: 'ExternalMetricValueList', items: [{ metricName: 'sls_ingress_qps' }] };
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
/** The magic bytes, TypeMeta with both of its fields, and the tag of the raw list. */
const framed = [
  'k8s\0\n:\n\u001fexternal.metrics.k8s.io/v1beta1',
  '\u0012\u0017ExternalMetricValueList',
  '\u0012',
].join('');
const paths = [
  '/apis',
  '/apis/external.metrics.k8s.io',
  basePath,
  goodRead,
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/apis/external.metrics.k8s.io/v1beta1',
  '/version',
  '/readyz?verbose',
  '/nowhere',
];

/** The fields of protobuf are tested in test/api/read/encode-protobuf.test.ts. */
const rows: readonly Fact[] = [
  [
    'the HPA sends application/vnd.kubernetes.protobuf, */* and gets protobuf with that Content-Type',
    async (ask) => {
      const reply = await ask(goodRead, accepting('application/vnd.kubernetes.protobuf, */*'));
      expect(reply.headers['content-type']).toBe('application/vnd.kubernetes.protobuf');
      expect(reply.text.slice(0, framed.length)).toBe(framed);
    },
  ],
  [
    'a missing Content-Type is fatal, so every response has one',
    async (ask) => {
      for (const path of [...paths, '/healthz', `${goodRead}&watch=true`])
        expect((await ask(path)).headers['content-type']).toMatch(/^(application\/json|text\/plain)/);
    },
  ],
  [
    'kubectl get --raw sends application/json, */* and gets JSON',
    async (ask) => {
      const reply = await ask(goodRead, accepting('application/json, */*'));
      expect(reply.headers['content-type']).toBe('application/json');
      expect(jsonOf(reply)).toMatchObject(list);
    },
  ],
  [
    'application/yaml is served',
    async (ask) => {
      const reply = await ask(goodRead, accepting('application/yaml'));
      expect(reply.headers['content-type']).toBe('application/yaml');
      expect(reply.text).toMatch(/^kind: "ExternalMetricValueList"\n/);
    },
  ],
  ...['application/cbor', 'text/html', table].map((accept): Fact => [
    `only ${accept} → 406`,
    async (ask) => {
      for (const path of [basePath, goodRead]) {
        const reply = await ask(path, accepting(accept));
        expect([reply.statusCode, jsonOf(reply)]).toMatchObject([406, { kind: 'Status', code: 406 }]);
      }
    },
  ]),
  [
    'Table with a JSON fallback → the plain list',
    async (ask) =>
      expect(jsonOf(await ask(goodRead, accepting(`${table},application/json`)))).toMatchObject(list),
  ],
  [
    // A server may compress what is longer than 128 KiB. Of these only OpenAPI is, which is sent again only when it changes.
    'no response is compressed, and only OpenAPI has more than 128 KiB',
    async (ask) => {
      for (const path of paths) {
        const { headers, text } = await ask(path, { headers: { 'accept-encoding': 'gzip' } });
        expect(headers['content-encoding']).toBeUndefined();
        if (!path.startsWith('/openapi/')) expect(text.length).toBeLessThan(128 * 1024);
      }
    },
  ],
];

describe.each(protocols)('negotiation over %s', (protocol) => {
  it.each(rows)('%s', async (_, holds) => holds(facts.askOver(protocol), protocol));
});
