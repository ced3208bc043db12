import { createAccessCheck, createRequestParser, type AccessPolicy } from '../../src/access/access-check.ts';
import type { ReadObserver } from '../../src/api/read/external-metrics.ts';
import { createKedaServer, type KedaServerOptions } from '../../src/keda/keda-server.ts';
import { Scaler, type ScalerContext } from '../../src/keda/scaler.ts';
import type { MetricRequest } from '../../src/metric/metric-request.ts';
import type { ReadBy, Reading } from '../../src/reading/reader.ts';
import { builtIn } from '../support/catalog.ts';
import type { ScaledObjectRef } from '../support/keda-client.ts';
import { TestClock } from '../support/test-clock.ts';

type FinishedRead = Parameters<ReadObserver['readFinished']>[0];

const all: AccessPolicy = { ownRoutesOnly: false, knownNamespaces: [], rules: [] };

/** The request parser of an adapter with these rules. */
export const parserWith = (policy: AccessPolicy = all) =>
  createRequestParser(builtIn, {}, createAccessCheck(policy));

export const refTo = (
  metadata: Readonly<Record<string, string>> = {},
  { name = 'web', namespace = 'shop' } = {},
): ScaledObjectRef => ({
  name,
  namespace,
  scalerMetadata: {
    scalerAddress: 'sls-metrics-adapter.sls-metrics-adapter.svc:6444',
    'sls.project': 'k8s-log-c1',
    'sls.logstore': 'nginx-ingress',
    'sls.ingress.route': 'shop-web-80',
    target: '10',
    ...metadata,
  },
});

/** A reader that answers what a test says, and keeps what it was asked. */
class ScriptedReader {
  /** The value of each item, or what the read throws. Changed by tests. */
  answer: readonly number[] | Error | 'never' = [0];
  readonly reads: { readonly request: MetricRequest; readonly by: ReadBy }[] = [];
  readonly clock: TestClock;

  constructor(clock: TestClock) {
    this.clock = clock;
  }

  fresh(): undefined {
    return undefined;
  }

  read(request: MetricRequest, _signal: AbortSignal, by: ReadBy): Promise<Reading> {
    this.reads.push({ request, by });
    if (this.answer === 'never') return new Promise(() => undefined);
    if (this.answer instanceof Error) return Promise.reject(this.answer);
    const end = this.clock.nowSeconds - 10;
    const window = { startSeconds: end - 15, endSeconds: end };
    const items = this.answer.map((value) => ({ labels: {}, sample: { value, window } }));
    return Promise.resolve({ items, source: 'cold' });
  }
}

/** A scaler over a scripted reader. */
export function scriptedScaler(more: Partial<ScalerContext> = {}) {
  const clock = new TestClock();
  const reader = new ScriptedReader(clock);
  const finished: FinishedRead[] = [];
  const scaler = new Scaler({
    reader,
    parseRequest: parserWith(),
    observer: { readFinished: (event) => void finished.push(event) },
    clock,
    monotonicMs: clock.monotonicMs,
    ...more,
  });
  return { clock, reader, finished, scaler };
}

/** Serves a scaler on a free port of loopback. Default: without TLS. */
export async function serveScaler(
  scaler: Scaler,
  options: Partial<KedaServerOptions> = {},
): Promise<
  ReturnType<typeof createKedaServer> & AsyncDisposable & { readonly url: string; readonly refused: string[] }
> {
  const refused: string[] = [];
  const server = createKedaServer({
    servingPair: undefined,
    tls: { minVersion: 'TLSv1.2' },
    clients: undefined,
    scaler,
    observer: {
      requestRefused: ({ error }) => void refused.push(error.code),
      connectionEvicted: () => undefined,
      filesExhausted: () => undefined,
    },
    ...options,
  });
  const address = await server.app.listen({ host: '127.0.0.1', port: 0 });
  const url = options.servingPair === undefined ? address.replace(/^https/, 'http') : address;
  return { ...server, url, refused, [Symbol.asyncDispose]: () => server.app.close() };
}
