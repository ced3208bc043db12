import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basePath, startAdapter, type TestAdapter } from '../../support/adapter.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { listMetrics } from '../../support/catalog.ts';

const readUrl = `${basePath}/namespaces/default/sls_ingress_qps`;

let adapter: TestAdapter;
beforeAll(async () => {
  adapter = await startAdapter({ slsEndpoint: 'http://127.0.0.1:1' });
});
afterAll(() => adapter[Symbol.asyncDispose]());

describe('discovery', () => {
  const groupVersion = 'external.metrics.k8s.io/v1beta1';
  const version = { groupVersion, version: 'v1beta1' };
  const group = { name: 'external.metrics.k8s.io', versions: [version], preferredVersion: version };
  const resources = listMetrics().map(({ name }) => ({
    name,
    singularName: '',
    namespaced: true,
    kind: 'ExternalMetricValueList',
    verbs: ['get'],
  }));
  it.each([
    ['/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups: [group] }],
    ['/apis/external.metrics.k8s.io', { kind: 'APIGroup', apiVersion: 'v1', ...group }],
    [basePath, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources }],
  ])('%s is served with and without a trailing slash', async (path, body) => {
    for (const url of [path, `${path}/`, `${path}?timeout=32s`]) {
      const reply = await adapter.request(url);
      expect(reply.statusCode).toBe(200);
      expect(reply.headers).toMatchObject({
        'content-type': 'application/json',
        'cache-control': 'no-cache, private',
      });
      // As Kubernetes writes it: compact, in this order, with a newline at the end.
      expect(reply.text).toBe(`${JSON.stringify(body)}\n`);
    }
  });

  it('is indented on ?pretty=true', async () => {
    const { text, body } = await adapter.request(`${basePath}?pretty=true`);
    expect(text).toBe(`${JSON.stringify(body, null, 2)}\n`);
  });
});

describe('probes', () => {
  it.each(['/healthz', '/livez', '/readyz'])('%s answers ok as text', async (path) => {
    const { statusCode, headers, text } = await adapter.request(path);
    expect([statusCode, headers['content-type'], text]).toEqual([200, 'text/plain; charset=utf-8', 'ok']);
  });
});

describe('a request outside of the API', () => {
  it.each(['/', '/apis/metrics.k8s.io', `${basePath}/sls_ingress_qps`, `${readUrl}/status`, '/favicon.ico'])(
    'to %s gets a 404 Status',
    async (path) => {
      expectStatus(
        await adapter.request(`${path}?x=1`),
        404,
        'PathUnknown',
        /^nothing is served at \/\S*\. Metrics are at/,
      );
    },
  );

  const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];
  it.each(methods)('with method %s gets a 405 Status on every path', async (method) => {
    for (const path of [readUrl, basePath, '/apis', '/readyz']) {
      const reply = await adapter.request(path, { method, headers: { 'content-type': 'application/json' } });
      expectStatus(reply, 405, 'MethodUnsupported', new RegExp(`^${method} is not supported on ${path}`));
    }
  });

  it('with method HEAD gets a 405 without a body', async () => {
    const { statusCode, text } = await adapter.request(readUrl, { method: 'HEAD' });
    expect([statusCode, text]).toEqual([405, '']);
  });

  it('to watch a metric gets a 405', async () => {
    expectStatus(
      await adapter.request(`${readUrl}?watch=true`),
      405,
      'MethodUnsupported',
      /cannot be watched/,
    );
  });

  it('with two selectors gets a 400', async () => {
    const reply = await adapter.request(`${readUrl}?labelSelector=a&labelSelector=b`);
    expectStatus(reply, 400, 'ParameterInvalid', /labelSelector is given more than once/);
  });

  it('with a URL that cannot be decoded gets a 400', async () => {
    const reply = await adapter.request(`${basePath}/namespaces/%zz/sls_ingress_qps`);
    expectStatus(reply, 400, 'ParameterInvalid', /is not a valid url component/);
  });

  it('with a metric name of 300 characters gets MetricUnknown, not PathUnknown', async () => {
    const reply = await adapter.request(`${basePath}/namespaces/default/${'m'.repeat(300)}`);
    expectStatus(reply, 404, 'MetricUnknown', /could not find the metric mmm/);
  });
});

describe('bytes that are not an acceptable HTTP request', () => {
  async function exchange(text: string): Promise<string> {
    const { hostname, port } = new URL(adapter.url);
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    let reply = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (reply += chunk));
    socket.on('error', () => undefined);
    socket.write(text);
    await once(socket, 'close');
    return reply;
  }
  const bodyOf = (reply: string) => JSON.parse(reply.split('\r\n\r\n')[1] ?? '') as unknown;

  it('get a 400 Status, and the connection is closed', async () => {
    const reply = await exchange('HELO example.com\r\n\r\n');
    expect(reply).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(bodyOf(reply)).toMatchObject({
      kind: 'Status',
      code: 400,
      details: { causes: [{ reason: 'RequestMalformed' }] },
    });
  });

  it('get a 431 Status for headers over 64 KiB, while 60 KiB are accepted', async () => {
    const reply = await exchange(`GET /apis HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(70_000)}\r\n\r\n`);
    expect(reply).toMatch(/^HTTP\/1\.1 431 /);
    expect(bodyOf(reply)).toMatchObject({ code: 431, reason: 'RequestHeaderFieldsTooLarge' });
    const headers = { 'x-long': 'x'.repeat(60 * 1024) };
    expect((await adapter.request('/apis', { headers })).statusCode).toBe(200);
  });

  it('are not received over TLS below 1.2', async () => {
    const { hostname, port } = new URL(adapter.url);
    const socket = connect({
      host: hostname,
      port: Number(port),
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    });
    await expect(once(socket, 'secureConnect')).rejects.toThrow();
  });
});
