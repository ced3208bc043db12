import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basePath, startAdapter, type TestAdapter } from '../support/adapter.ts';
import { exchangeHttp2, exchangeRaw } from '../support/raw-exchange.ts';

let adapter: TestAdapter;
beforeAll(async () => {
  adapter = await startAdapter({ slsEndpoint: 'http://127.0.0.1:1' });
});
afterAll(() => adapter[Symbol.asyncDispose]());

const close = 'Connection: close\r\n\r\n';
const statusOf = (reply: string) => JSON.parse(reply.slice(reply.indexOf('\r\n\r\n') + 4)) as unknown;

describe('requests that Node or Fastify would answer themselves get a Status', () => {
  it.each<[what: string, text: string, code: number, cause: string]>([
    ['no Host', `GET /apis HTTP/1.1\r\n${close}`, 400, 'RequestMalformed'],
    ['CONNECT', `CONNECT a:1 HTTP/1.1\r\nHost: a\r\n${close}`, 405, 'MethodUnsupported'],
    ['a method of WebDAV', `PROPFIND /apis HTTP/1.1\r\nHost: a\r\n${close}`, 405, 'MethodUnsupported'],
    ['an unknown method', `FOO /apis HTTP/1.1\r\nHost: a\r\n${close}`, 400, 'RequestMalformed'],
    [
      'two lengths, as in request smuggling',
      `POST /apis HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n${close}0\r\n\r\n`,
      400,
      'RequestMalformed',
    ],
    [
      'a body that is not JSON',
      `POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 3\r\n${close}{x}`,
      404,
      'PathUnknown',
    ],
    [
      'a body of 3 GB, before it arrives',
      `POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 3000000000\r\n${close}{`,
      404,
      'PathUnknown',
    ],
    [
      'a body of a malformed type',
      `POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Type: ;;\r\nContent-Length: 1\r\n${close}{`,
      400,
      'RequestMalformed',
    ],
  ])('on HTTP/1.1: %s', async (_, text, code, cause) => {
    const reply = await exchangeRaw(adapter.url, text);
    expect(reply).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `));
    expect(statusOf(reply)).toMatchObject({ kind: 'Status', code, details: { causes: [{ reason: cause }] } });
  });

  it.each(['CONNECT', 'PROPFIND', 'FOO', 'get'])('on HTTP/2: the method %s', async (method) => {
    const target = method === 'CONNECT' ? { ':authority': 'a:1' } : { ':path': '/apis' };
    const { statusCode, text } = await exchangeHttp2(adapter.url, { ':method': method, ...target });
    expect([statusCode, JSON.parse(text)]).toMatchObject([405, { kind: 'Status', code: 405 }]);
  });

  it('an unknown Expect header is ignored', async () => {
    const reply = await exchangeRaw(
      adapter.url,
      `GET /livez HTTP/1.1\r\nHost: a\r\nExpect: more\r\n${close}`,
    );
    expect(reply).toMatch(/^HTTP\/1\.1 200 /);
    expect((await exchangeHttp2(adapter.url, { ':path': '/livez', expect: 'more' })).statusCode).toBe(200);
  });
});

describe('an error message', () => {
  it('is one line without control characters, even if the path has them', async () => {
    const { body } = await adapter.request(
      `${basePath}/namespaces/a%0Ab/m%0d%0a%1b[31m%e2%80%a8x?labelSelector=a`,
    );
    expect((body as { message: string }).message).toMatch(/^the server could not find the metric m \[31m x/);
    expect((body as { message: string }).message).not.toMatch(/[\p{Cc}\u2028]/u);
  });
});

describe('a probe', () => {
  it('prints an excluded name on one line, so that a client cannot forge a check', async () => {
    const { text } = await adapter.request('/readyz?verbose&exclude=x%0a%5b%2b%5dtrusted%20ok');
    expect(text).not.toMatch(/^\[\+\]trusted/m);
  });
});

describe('any request', () => {
  const token = fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/);
  const visible = fc.stringMatching(/^[!-~]{0,60}$/);
  const path = fc.oneof(
    visible.map((text) => `/${text}`),
    visible.map((text) => `${basePath}/namespaces/${text}`),
    visible.map((text) => `${basePath}/namespaces/default/sls_ingress_qps?${text}`),
    visible.map((text) => `/readyz?exclude=${text}&verbose`),
    fc
      .uint8Array({ maxLength: 30 })
      .map((bytes) => `/apis/${[...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`),
  );
  const headers = fc.dictionary(
    fc.oneof(
      fc.constantFrom('accept', 'authorization', 'if-none-match', 'x-remote-user', 'user-agent', 'range'),
      token.map((name) => `x-${name.toLowerCase()}`),
    ),
    visible,
    { maxKeys: 6 },
  );

  it('gets a response of ours over HTTP/1.1, and the server stays alive', async () => {
    const kinds = /^(application\/(json|yaml|vnd\.kubernetes\.protobuf)|text\/plain)/;
    await fc.assert(
      fc.asyncProperty(path, headers, async (at, sent) => {
        const { statusCode, headers: received } = await adapter.request('/', { path: at, headers: sent });
        expect(statusCode).toBeLessThan(500);
        if (statusCode !== 304) expect(received['content-type']).toMatch(kinds);
      }),
      { numRuns: 300, interruptAfterTimeLimit: 3000 },
    );
    expect((await adapter.request('/livez')).text).toBe('ok');
  });

  it('gets a response of ours over HTTP/2', async () => {
    await fc.assert(
      fc.asyncProperty(path, headers, async (at, sent) => {
        const { statusCode } = await exchangeHttp2(adapter.url, { ...sent, ':path': at });
        expect(statusCode).toBeLessThan(500);
      }),
      { numRuns: 100, interruptAfterTimeLimit: 3000 },
    );
    expect((await adapter.request('/livez')).text).toBe('ok');
  });
});
