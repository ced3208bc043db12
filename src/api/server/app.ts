import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { AdapterError, toAdapterError } from '../../errors.ts';
import type { Catalog } from '../../metric/catalog.ts';
import { Access, type AccessContext } from '../auth/access.ts';
import { registerDiscovery } from '../discovery/discovery-routes.ts';
import { sendError } from '../read/encoding.ts';
import { ReadEndpoint, readRoute, type ReadContext } from '../read/external-metrics.ts';
import { InFlight } from './in-flight.ts';
import { registerMetrics } from './metrics-route.ts';
import { pingCheck, registerProbe, type HealthCheck } from './probes.ts';
import type { ServingPair } from './serving-pair.ts';
import { createServer, type Server } from './server.ts';
import { createShortcut } from '../read/shortcut.ts';

export interface AppOptions {
  readonly servingPair: ServingPair;
  /** What discovery lists. */
  readonly catalog: Catalog;
  readonly read: ReadContext;
  /** Whom to let in; undefined: everyone. */
  readonly access: AccessContext | undefined;
  /** How many requests are answered at a time, those of system:masters apart. */
  readonly maxInFlight: number;
  /** What readiness depends on, besides that anything is answered. */
  readonly readiness: readonly HealthCheck[];
  /** What is told at `/metrics`. */
  readonly exposition: () => Promise<Buffer>;
  readonly observer: AppObserver;
}

/** What is told of requests that fail before or beside a read. */
export interface AppObserver {
  requestRefused(event: {
    readonly method: string;
    readonly path: string;
    readonly error: AdapterError;
  }): void;
}

/** The API server over TLS. It answers every request; listening is the caller's. */
export function createApp(options: AppOptions): Server {
  const access = new Access(options.access, new InFlight(options.maxInFlight));
  const reads = new ReadEndpoint(options.read);
  const app = createServer(options.servingPair, createShortcut(access, reads));
  // A body is never read: none is served, and none may fill the memory.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.addHook('onRequest', (request, reply, done) => access.check(request, reply, done));
  const get = (url: string, handler: (request: FastifyRequest, reply: FastifyReply) => unknown) => {
    app.get(url, handler);
    app.route({
      url,
      method: app.supportedMethods.filter((method) => method !== 'GET'),
      // Before the body is read: nothing may be sent to a read-only API anyway.
      onRequest: refuseMethod,
      handler: refuseMethod,
    });
  };
  registerDiscovery(get, options.catalog);
  get(readRoute, (request, reply) => reads.handle(request, reply));
  for (const name of ['healthz', 'livez']) registerProbe(get, name, [pingCheck]);
  registerProbe(get, 'readyz', [pingCheck, ...options.readiness]);
  registerMetrics(get, options.exposition);
  app.setNotFoundHandler((request, reply) => {
    // Of a method that has no routes at all.
    if (!app.supportedMethods.includes(request.method)) refuseMethod(request);
    return sendError(
      request,
      reply,
      new AdapterError('PathUnknown', `nothing is served at ${pathOf(request)}`),
    );
  });
  app.setErrorHandler((thrown, request, reply) => {
    const error = refusalOf(thrown, request);
    options.observer.requestRefused({ method: request.method, path: pathOf(request), error });
    return sendError(request, reply, error);
  });
  return app;
}

function refuseMethod(request: FastifyRequest): never {
  throw methodUnsupported(request);
}

const methodUnsupported = (request: FastifyRequest) =>
  new AdapterError('MethodUnsupported', `${request.method} is not supported on ${pathOf(request)}`);

/** What Fastify itself refuses is the asker's fault: a method that it has never heard of, or an odd header. */
function refusalOf(thrown: unknown, request: FastifyRequest): AdapterError {
  const { code, statusCode = 500, message } = thrown as Partial<FastifyError>;
  if (thrown instanceof AdapterError || statusCode >= 500) return toAdapterError(thrown);
  if (code === 'FST_ERR_NOT_FOUND') return methodUnsupported(request);
  return new AdapterError('RequestMalformed', `the request cannot be read: ${message}`, { cause: thrown });
}

const pathOf = (request: FastifyRequest) => request.url.split('?', 1)[0] ?? '';
