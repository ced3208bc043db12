import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  apiGroupDiscoveryList,
  apiGroupDocument,
  apiGroupList,
  apiResourceList,
} from '../../../src/api/discovery/discovery.ts';
import { encodeProtobuf } from '../../../src/api/read/encode.ts';
import { basePath, startAdapter, type TestAdapter } from '../../support/adapter.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { builtIn, listMetrics } from '../../support/catalog.ts';

let adapter: TestAdapter;
beforeAll(async () => {
  adapter = await startAdapter({ slsEndpoint: 'http://127.0.0.1:1' });
});
afterAll(() => adapter[Symbol.asyncDispose]());

const ask = (path: string, accept: string, headers: Readonly<Record<string, string>> = {}) =>
  adapter.request(path, { headers: { accept, ...headers } });

const aggregated = (version: string) =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

const documents = [
  ['/apis', apiGroupList],
  ['/apis/external.metrics.k8s.io', apiGroupDocument],
  [basePath, apiResourceList(builtIn)],
] as const;

describe.each(documents)('legacy discovery at %s', (path, document) => {
  it('is served as JSON, YAML and protobuf', async () => {
    const json = await ask(path, 'application/json, */*');
    expect([json.headers['content-type'], json.body]).toEqual(['application/json', document]);
    const yaml = await ask(path, 'application/yaml');
    expect([yaml.headers['content-type'], parse(yaml.text)]).toEqual(['application/yaml', document]);
    const protobuf = await ask(path, 'application/vnd.kubernetes.protobuf');
    expect(protobuf.headers['content-type']).toBe('application/vnd.kubernetes.protobuf');
    expect(protobuf.bytes.equals(encodeProtobuf(document))).toBe(true);
  });

  it('is not served in other media types', async () => {
    expectStatus(
      await ask(path, 'application/cbor'),
      406,
      'NotAcceptable',
      /^only the following media types/,
    );
  });

  it('has a different ETag in each representation', async () => {
    const accepts = [
      'application/json',
      'application/json;pretty=1',
      'application/yaml',
      'application/vnd.kubernetes.protobuf',
    ];
    const replies = await Promise.all(accepts.map((accept) => ask(path, accept)));
    expect(new Set(replies.map(({ headers }) => headers['etag'])).size).toBe(accepts.length);
  });
});

describe('aggregated discovery', () => {
  it.each<[client: string, accept: string, version: 'v2' | 'v2beta1']>([
    ['the aggregator of 1.30', aggregated('v2'), 'v2'],
    ['the aggregator of 1.27', aggregated('v2beta1'), 'v2beta1'],
    ['kubectl of 1.35', `${aggregated('v2')},application/json`, 'v2'],
    ['kubectl of 1.27', `${aggregated('v2beta1')},application/json`, 'v2beta1'],
    ['kubectl of 1.30', `${aggregated('v2')},${aggregated('v2beta1')},application/json`, 'v2'],
    [
      'a client with profile=nopeer',
      `${aggregated('v2')};profile=nopeer,${aggregated('v2')},application/json`,
      'v2',
    ],
  ])('for %s has everything in one response', async (_, accept, version) => {
    const { statusCode, headers, text, body } = await ask('/apis', accept);
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      'content-type': aggregated(version),
      vary: 'Accept',
      etag: `"${createHash('sha256').update(text).digest('hex').toUpperCase()}"`,
    });
    const resources = listMetrics().map(({ name }) => ({
      resource: name,
      responseKind: {
        group: 'external.metrics.k8s.io',
        version: 'v1beta1',
        kind: 'ExternalMetricValueList',
      },
      scope: 'Namespaced',
      singularResource: '',
      verbs: ['get'],
    }));
    expect(body).toEqual({
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: [
        {
          metadata: { name: 'external.metrics.k8s.io' },
          versions: [{ version: 'v1beta1', resources, freshness: 'Current' }],
        },
      ],
    });
  });

  it('is served as YAML', async () => {
    const parameters = 'g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const { headers, text } = await ask('/apis', `application/yaml;${parameters}`);
    expect(headers['content-type']).toBe(`application/yaml;${parameters}`);
    expect(parse(text)).toEqual(apiGroupDiscoveryList(builtIn, 'v2'));
  });

  it('is not sent to clients that ask for an unknown version of it', async () => {
    expectStatus(await ask('/apis', aggregated('v3')), 406, 'NotAcceptable', /application\/json/);
    expect((await ask('/apis', `${aggregated('v3')},application/json`)).body).toEqual(apiGroupList);
    const otherKind = 'application/json;g=apidiscovery.k8s.io;v=v2;as=Table';
    expect((await ask('/apis', `${otherKind},application/json`)).body).toEqual(apiGroupList);
  });

  it('is only at /apis', async () => {
    expect((await ask(basePath, `${aggregated('v2')},application/json`)).body).toEqual(
      apiResourceList(builtIn),
    );
    expectStatus(await ask(basePath, aggregated('v2')), 406, 'NotAcceptable', /./);
  });

  it('has no core group: client-go takes a server without /api for an aggregated one', async () => {
    expectStatus(await ask('/api', `${aggregated('v2')},application/json`), 404, 'PathUnknown', /at \/api\./);
  });
});

describe('an ETag', () => {
  it.each([
    ['/apis', aggregated('v2')],
    ['/apis', 'application/json'],
    ['/version', 'application/json'],
    ['/openapi/v2', 'application/json'],
    ['/openapi/v3', 'application/json'],
    ['/openapi/v3/apis/external.metrics.k8s.io/v1beta1', 'application/json'],
  ])('of %s (%s) saves the body for a client that has it', async (path, accept) => {
    const first = await ask(path, accept);
    const etag = String(first.headers['etag']);
    expect(etag).toMatch(/^"[0-9A-F]{64}"$/);
    for (const known of [etag, `"other", ${etag}`, `W/${etag}`, '*']) {
      const reply = await ask(path, accept, { 'if-none-match': known });
      expect([reply.statusCode, reply.text, reply.headers['etag']]).toEqual([304, '', etag]);
      expect(reply.headers).toMatchObject({ vary: 'Accept', 'cache-control': 'no-cache, private' });
    }
    for (const other of ['"other"', etag.replaceAll('"', ''), '']) {
      const reply = await ask(path, accept, { 'if-none-match': other });
      expect([reply.statusCode, reply.text]).toEqual([200, first.text]);
    }
  });
});
