import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRequestParser } from '../../../src/access/access-check.ts';
import type { ReadName } from '../../../src/api/read/external-metrics.ts';
import { createApp } from '../../../src/api/server/app.ts';
import type { Server } from '../../../src/api/server/server.ts';
import { keepServingPair } from '../../../src/api/server/serving-pair.ts';
import type { AccessAttributes } from '../../../src/kube/reviews/access-review.ts';
import { builtIn } from '../../support/catalog.ts';
import { createCa } from '../../support/certificates.ts';
import { openKept, type KeptConnection, type KeptReply } from '../../support/kept-connection.ts';
import { seeded } from '../../support/seeded.ts';
import { TestClock } from '../../support/test-clock.ts';
import { requestHeaderOf } from '../../support/request-header.ts';

// A user may read one metric of namespace `mine`, and nothing else. Whatever the path of a request looks like, what is read is
// what the API server was asked about.

const spellings = 1000;
const inFlight = 100;
const allowed: ReadName = {
  namespace: 'mine',
  metric: 'sls_ingress_qps',
  selector: 'sls.project=k8s-log-a,sls.logstore=nginx-ingress',
};
const query = `?labelSelector=${encodeURIComponent(allowed.selector)}`;
const secret = 'sls_metrics_adapter_secret';
const random = seeded(1518);
const oneOf = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;

const hex = (character: string) =>
  Array.from(Buffer.from(character), (byte) => {
    const digits = byte.toString(16).padStart(2, '0');
    return `%${random() < 0.5 ? digits : digits.toUpperCase()}`;
  }).join('');
/** Mostly another spelling of the same path. */
const spelledCharacter = (one: string) =>
  oneOf([hex(one), hex(one), hex(one), hex(hex(one)), one.toUpperCase(), hex(one.toUpperCase())]);
const spelled = (segment: string, share: number) =>
  Array.from(segment, (one) => (random() < share ? spelledCharacter(one) : one)).join('');

const mostly = (good: string, others: readonly string[]) => (random() < 0.9 ? good : oneOf(others));
const separators = '// /./ /x/../ /%2e/ /%2e%2e/ %2f %2F %252f \\ %5c /;/ /%00/'.split(' ');
const namespaces =
  'theirs mine%2f..%2ftheirs mine/../theirs theirs%00mine .. mine;theirs mine%0a %c0%ae%c0%ae MINE m%C4%B1ne'.split(
    ' ',
  );
const metrics =
  'sls_ingress_latency_avg ..%2f..%2ftheirs%2fsls_ingress_qps sls_ingress_qps%00 * SLS_INGRESS_QPS'.split(
    ' ',
  );
const endings = '/ / // /. /status ;x .json %20 %3f # %23 /.. /../..'.split(' ');
const heads = 'healthz/../apis livez%2f..%2fapis api/../apis metrics livez openapi/v2/../../apis'.split(' ');
const queries = [
  `?x=/namespaces/theirs&${query.slice(1)}`,
  `${query}&namespace=theirs`,
  `?namespace=theirs&${query.slice(1)}`,
];

/** Returns a path that is nearly the allowed one. */
function anyPath(): string {
  const share = oneOf([0, 0, 0.02, 0.05, 0.3]);
  const segments = [
    mostly('apis', heads),
    'external.metrics.k8s.io',
    'v1beta1',
    'namespaces',
    mostly(allowed.namespace, namespaces),
    mostly(allowed.metric, metrics),
  ];
  const path = segments
    .map((segment) => (random() < 0.98 ? '/' : oneOf(separators)) + spelled(segment, share))
    .join('');
  return (path.startsWith('/') ? path : `/${path}`) + mostly('', endings) + mostly(query, queries);
}

let app: Server;
let connection: KeptConnection;
const reviews = new Map<string, AccessAttributes[]>();
const reads = new Map<string, ReadName>();

beforeAll(async () => {
  const clock = new TestClock();
  const directory = await mkdtemp(join(tmpdir(), 'paths-'));
  const proxyCa = await createCa('proxy');
  const requestHeader = requestHeaderOf(proxyCa.certificate);
  const window = { startSeconds: clock.nowSeconds - 25, endSeconds: clock.nowSeconds - 10 };
  app = createApp({
    servingPair: await keepServingPair(directory, ['127.0.0.1'], Date),
    catalog: builtIn,
    read: {
      reader: {
        read: () => Promise.reject(new Error('not fresh')),
        fresh: () => ({ source: 'fresh', items: [{ labels: {}, sample: { value: 23.5, window } }] }),
      },
      parseRequest: createRequestParser(builtIn, {}, () => undefined),
      observer: { readFinished: ({ read, user }) => reads.set(user, read) },
      clock,
    },
    access: {
      authenticationConfig: { current: { requestHeader } },
      tokenReviewer: { reviewToken: () => Promise.resolve(undefined) },
      accessReviewer: {
        keptAnswer: () => undefined,
        reviewAccess: ({ name }, attributes) => {
          reviews.set(name, [...(reviews.get(name) ?? []), attributes]);
          const { kind } = attributes;
          const isAllowed =
            kind === 'resource' &&
            attributes.verb === 'list' &&
            attributes.namespace === allowed.namespace &&
            attributes.resource === allowed.metric;
          return Promise.resolve({ allowed: isAllowed });
        },
      },
      clock,
      monotonicMs: clock.monotonicMs,
    },
    limits: { maxRequests: 400, maxConnections: 16 },
    readiness: [],
    exposition: () => Promise.resolve(Buffer.from(secret)),
    observer: {
      requestRefused: () => undefined,
      connectionEvicted: () => undefined,
      filesExhausted: () => undefined,
    },
  });
  await rm(directory, { recursive: true });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const pair = await proxyCa.issue({ cn: 'front-proxy-client' });
  connection = await openKept('HTTP/2', { url, pair, headers: { 'x-remote-user': 'nobody' } });
});
afterAll(() => app.close());

/** Returns what is wrong with the answer. */
function faultOf(user: string, { status, body }: KeptReply): string | undefined {
  const read = reads.get(user);
  const asked = reviews.get(user) ?? [];
  if (status >= 500) return `status ${status}`;
  if (body.includes(secret)) return 'it shows /metrics';
  if (body.includes('23500m') !== (status === 200 && read !== undefined)) return 'it shows a reading';
  if (read === undefined) return undefined;
  const [first] = asked;
  if (asked.length !== 1 || first?.kind !== 'resource') return 'it was not reviewed once as a read';
  const { namespace, resource, verb } = first;
  if (verb !== 'list' || namespace !== read.namespace || resource !== read.metric)
    return `reviewed: ${namespace} ${resource}; read: ${read.namespace} ${read.metric}`;
  return read.namespace === allowed.namespace && read.metric === allowed.metric
    ? undefined
    : `read: ${read.namespace} ${read.metric}`;
}

describe('the path of a request', () => {
  it(`reads what the user may read, in ${spellings} spellings, and nothing else`, async () => {
    const faults: string[] = [];
    const statuses = new Map<number, number>();
    for (let from = 0; from < spellings; from += inFlight)
      await Promise.all(
        Array.from({ length: inFlight }, async (_, index) => {
          const [path, user] = [anyPath(), `u${from + index}`];
          const reply = await connection.ask(path, { 'x-remote-user': user });
          const fault = faultOf(user, reply);
          if (fault !== undefined) faults.push(`${path}: ${fault}`);
          statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
        }),
      );
    expect(faults).toEqual([]);
    // The grammar has spellings of each kind.
    for (const status of [200, 403, 404])
      expect(statuses.get(status), `status ${status}`).toBeGreaterThan(spellings / 20);
  });
});
