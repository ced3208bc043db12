import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { basePath, logstore, project, readPath, selectorOf } from '../../support/adapter.ts';
import { goodRead, type ClusterReply } from '../../support/cluster.ts';
import {
  accepting,
  jsonOf,
  protocols,
  startFactsCluster,
  type Ask,
  type FactsCluster,
  type Protocol,
} from '../../support/facts-cluster.ts';
import { exchangeRaw } from '../../support/raw-exchange.ts';

const file = 'reading: { freshnessSeconds: 0, maxStaleSeconds: 0 }\nsls: { breaker: { failures: 100 } }';

let facts: FactsCluster;
beforeAll(async () => {
  facts = await startFactsCluster({ file });
});
afterAll(() => facts[Symbol.asyncDispose]());
afterEach(() => {
  facts.cluster.emulator.setFaults({});
  facts.cluster.apiServer.recover('subjectaccessreview');
  facts.allow();
});

const selecting = (selector: string) => readPath('sls_ingress_qps', selector);
const labels = { 'sls.project': project, 'sls.logstore': logstore };
let series = 0;
/** Returns a read that is not in any cache. */
const newRead = () =>
  selecting(selectorOf({ ...labels, 'sls.ingress.route': `default-web-${(series += 1)}` }));

/** Checks what all failures have in common. */
function expectStatus(reply: ClusterReply, code: number, reason: string, message: RegExp): void {
  const status = jsonOf(reply) as { readonly message: string };
  expect(Object.keys(status)).toEqual([
    'kind',
    'apiVersion',
    'metadata',
    'status',
    'message',
    'reason',
    'details',
    'code',
  ]);
  expect([reply.statusCode, status]).toMatchObject([
    code,
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, details: {}, code },
  ]);
  expect(status.message).toMatch(message);
  // `kubectl describe hpa` shows it.
  expect(status.message).not.toMatch(/\p{Cc}/u);
  // Neither a stack trace nor a key.
  expect(status.message).not.toMatch(/\bat .*:\d+:\d+|node_modules|test-secret/);
  // With this header client-go would sleep and retry ten times, and block a worker of the HPA controller.
  expect(reply.headers['retry-after']).toBeUndefined();
}

type Row = readonly [
  fact: string,
  code: number,
  reason: string,
  message: RegExp,
  send: (ask: Ask, protocol: Protocol) => Promise<ClusterReply>,
];

/** 429 is in facts-registration.test.ts, because it takes 400 requests in flight. */
const table: readonly Row[] = [
  ['400 bad selector', 400, 'BadRequest', /unable to parse requirement: /, (ask) => ask(selecting('a in'))],
  [
    '400 bad parameter',
    400,
    'BadRequest',
    /labelSelector is given more than once/,
    (ask) => ask(`${goodRead}&labelSelector=b`),
  ],
  ['400 bad URL', 400, 'BadRequest', /./, (ask) => ask(`${basePath}/namespaces/%zz/m`)],
  [
    '401 Unauthorized',
    401,
    'Unauthorized',
    /^Unauthorized/,
    (_, protocol) => facts.cluster.request({ protocol, headers: { authorization: 'Bearer unknown' } }),
  ],
  [
    '403, in the wording of Kubernetes',
    403,
    'Forbidden',
    /^m\.external\.metrics\.k8s\.io is forbidden: User "u" cannot list resource "m" in API group "external\.metrics\.k8s\.io" in the namespace "d"/,
    (ask) => {
      facts.allow(() => false);
      return ask(`${basePath}/namespaces/d/m`, { headers: { 'x-remote-user': 'u' } });
    },
  ],
  [
    '404 unknown metric',
    404,
    'NotFound',
    /^the server could not find the metric X for /,
    (ask) => ask(readPath('X', selectorOf(labels))),
  ],
  ['404 unknown path', 404, 'NotFound', /nothing is served at/, (ask) => ask('/apis/metrics.k8s.io')],
  ...['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method): Row => [
    `405 ${method}`,
    405,
    'MethodNotAllowed',
    new RegExp(`^${method} is not supported`),
    (ask) => ask(goodRead, { method }),
  ]),
  ['405 watch=true', 405, 'MethodNotAllowed', /watched/, (ask) => ask(`${goodRead}&watch=true`)],
  ['406', 406, 'NotAcceptable', /media types/, (ask) => ask(goodRead, accepting('text/html'))],
  [
    '500 if the API server does not answer the access review',
    500,
    'InternalError',
    /did not say whether User/,
    (ask) => {
      facts.cluster.apiServer.fail('subjectaccessreview', { kind: 'status', code: 403 });
      return ask();
    },
  ],
  [
    '503 if SLS refuses the adapter, because 403 would blame the client',
    503,
    'ServiceUnavailable',
    /./,
    (ask) => {
      facts.cluster.emulator.setFaults({ status: 401, errorCode: 'Unauthorized', errorMessage: 'no' });
      return ask(newRead());
    },
  ],
  [
    '504 if SLS does not answer in time',
    504,
    'Timeout',
    /./,
    async (_, protocol) => {
      await using quick = await startFactsCluster({ file: file.replace('{', '{ deadlineSeconds: 1,') });
      quick.cluster.emulator.setFaults({ hang: true });
      return await quick.askOver(protocol)(newRead());
    },
  ],
];

describe.each(protocols)('errors over %s', (protocol) => {
  it.each(table)('%s', async (_, code, reason, message, send) => {
    expectStatus(await send(facts.askOver(protocol), protocol), code, reason, message);
  });
});

describe('errors of the framework that only HTTP/1.1 can express', () => {
  it.each([
    ['431', 431, `GET /apis HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(70_000)}\r\n\r\n`],
    ['400 for bytes that are not HTTP', 400, 'HELO\r\n\r\n'],
    ['405 for CONNECT', 405, 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ])('%s is a Status too', async (_, code, text) => {
    const reply = await exchangeRaw(facts.cluster.adapter.url, text);
    expect(reply).toMatch(new RegExp(`^HTTP/1\\.1 ${code} .*"kind":"Status".*"code":${code}}`, 's'));
    expect(reply).not.toMatch(/^retry-after:/im);
  });

  it('413 is never sent, because no body is read', async () => {
    const head = 'POST /apis HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000000\r\nConnection: close\r\n\r\n';
    expect(await exchangeRaw(facts.cluster.adapter.url, head)).toMatch(/^HTTP\/1\.1 (403|405) .*"Status"/s);
  });
});
