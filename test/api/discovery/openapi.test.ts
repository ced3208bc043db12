import SwaggerParser from '@apidevtools/swagger-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { externalMetricValueList } from '../../../src/api/read/external-metrics.ts';
import { labelsOf } from '../../../src/metric/catalog.ts';
import { basePath, startAdapter, type TestAdapter } from '../../support/adapter.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { listMetrics } from '../../support/catalog.ts';

const documentPath = '/openapi/v3/apis/external.metrics.k8s.io/v1beta1';

let adapter: TestAdapter;
beforeAll(async () => {
  adapter = await startAdapter({ slsEndpoint: 'http://127.0.0.1:1' });
});
afterAll(() => adapter[Symbol.asyncDispose]());

const ask = (path: string, accept: string) => adapter.request(path, { headers: { accept } });

interface Schema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, { readonly type?: string; readonly items?: Schema }>>;
}

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly description: string }[];
}

interface Document {
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly components?: { readonly schemas: Readonly<Record<string, Schema>> };
}

const fetchDocument = async (path: string) => (await ask(path, 'application/json')).body as Document;

const schemasOf = ({ definitions, components }: Document) => definitions ?? components?.schemas ?? {};

describe.each(['/openapi/v2', documentPath])('%s', (path) => {
  it('is valid', async () => {
    await SwaggerParser.validate((await fetchDocument(path)) as never);
  });

  it('has an operation per metric, as kubectl explain needs', async () => {
    const { paths } = await fetchDocument(path);
    for (const metric of listMetrics()) {
      const { name } = metric;
      const operation = paths[`${basePath}/namespaces/{namespace}/${name}`]?.get;
      expect(operation).toMatchObject({
        'x-kubernetes-action': 'list',
        'x-kubernetes-group-version-kind': {
          group: 'external.metrics.k8s.io',
          version: 'v1beta1',
          kind: 'ExternalMetricValueList',
        },
      });
      const selector = operation?.parameters.find((parameter) => parameter.name === 'labelSelector');
      for (const label of labelsOf(metric)) expect(selector?.description).toContain(label.name);
    }
  });

  it('has a unique identifier per operation', async () => {
    const identifiers = Object.values((await fetchDocument(path)).paths).map(({ get }) => get.operationId);
    expect(new Set(identifiers).size).toBe(identifiers.length);
  });

  it('describes every field of a reading', async () => {
    const schemas = schemasOf(await fetchDocument(path));
    const prefix = 'io.k8s.metrics.pkg.apis.external_metrics.v1beta1';
    const list = schemas[`${prefix}.ExternalMetricValueList`];
    expect(list).toMatchObject({
      'x-kubernetes-group-version-kind': [
        { group: 'external.metrics.k8s.io', version: 'v1beta1', kind: 'ExternalMetricValueList' },
      ],
    });
    const sample = { value: 8, window: { startSeconds: 0, endSeconds: 15 } };
    const reading = externalMetricValueList('sls_ingress_qps', [{ labels: {}, sample }]);
    expect(Object.keys(list?.properties ?? {}).sort()).toEqual(Object.keys(reading).sort());
    const value = schemas[`${prefix}.ExternalMetricValue`];
    const described = Object.keys(value?.properties ?? {}).filter(
      (key) => key !== 'kind' && key !== 'apiVersion',
    );
    expect(described.sort()).toEqual(Object.keys(reading.items[0] ?? {}).sort());
  });

  it('is not served in the protobuf of OpenAPI, the only form that kubectl before 1.27 accepts', async () => {
    const version = path === documentPath ? 'v3' : 'v2';
    const accept = `application/com.github.proto-openapi.spec.${version}@v1.0+protobuf`;
    expectStatus(await ask(path, accept), 406, 'NotAcceptable', /accepted: application\/json\. /);
    const { statusCode, headers } = await ask(path, `${accept}, application/json;q=0.5`);
    expect([statusCode, headers['content-type']]).toEqual([200, 'application/json']);
  });
});

it('/openapi/v2 also describes discovery and the version', async () => {
  const { paths } = await fetchDocument('/openapi/v2');
  const others = ['/apis/', '/apis/external.metrics.k8s.io/', '/version/', `${basePath}/`];
  expect(Object.keys(paths)).toEqual(expect.arrayContaining(others));
  for (const path of others) expect((await adapter.request(path)).statusCode).toBe(200);
});

describe('/openapi/v3', () => {
  it('lists only its own group version, with a URL that changes with the document', async () => {
    const index = await ask('/openapi/v3', 'application/json, */*');
    const etag = String((await adapter.request(documentPath)).headers['etag']);
    const serverRelativeURL = `${documentPath}?hash=${etag.replaceAll('"', '')}`;
    expect(index.body).toEqual({ paths: { 'apis/external.metrics.k8s.io/v1beta1': { serverRelativeURL } } });
    const document = await adapter.request(serverRelativeURL);
    expect(document.statusCode).toBe(200);
    expect(document.headers).toMatchObject({
      'cache-control': 'public, immutable, max-age=31536000',
      vary: 'Accept',
      etag,
    });
  });

  it('lets clients cache only the document with a hash in its URL without limit', async () => {
    const { headers } = await adapter.request(documentPath);
    expect(headers['cache-control']).toBe('no-cache, private');
    const hash = String(headers['etag']).replaceAll('"', '');
    const refused = await ask(`${documentPath}?hash=${hash}`, 'text/html');
    expect([refused.statusCode, refused.headers['cache-control']]).toEqual([406, 'no-cache, private']);
  });

  it('redirects an old hash to the current one', async () => {
    const old = await adapter.request(`${documentPath}?hash=0123`);
    const { headers } = await adapter.request(documentPath);
    expect(old.statusCode).toBe(301);
    expect(old.headers).toMatchObject({
      location: `${documentPath}?hash=${String(headers['etag']).replaceAll('"', '')}`,
      'cache-control': 'no-cache, private',
      'content-type': 'text/plain; charset=utf-8',
    });
  });

  it.each(['apis', 'version', 'api/v1', 'apis/apps/v1'])('has no document for %s', async (key) => {
    expectStatus(await adapter.request(`/openapi/v3/${key}`), 404, 'PathUnknown', /nothing is served/);
  });
});
