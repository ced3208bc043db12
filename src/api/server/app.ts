import type { FastifyError, FastifyRequest } from 'fastify';
import { AdapterError, toAdapterError } from '../../errors.ts';
import type { Catalog } from '../../metric/catalog.ts';
import { Access, type AccessContext } from '../auth/access.ts';
import { registerDiscovery } from '../discovery/discovery-routes.ts';
import { sendError } from '../read/representation.ts';
import { ReadEndpoint, readRoute, type ReadContext } from '../read/external-metrics.ts';
import { registerMetrics } from './metrics-route.ts';
import { pingCheck, registerProbe, type HealthCheck } from './probes.ts';
import type { ConnectionObserver } from './connections.ts';
import { createServer, type Handler, type Server, type ServerLimits } from './server.ts';
import type { ServingPair } from './serving-pair.ts';
import type { TlsSettings } from './tls-server.ts';

interface AppOptions {
  readonly servingPair: ServingPair;
  readonly tls?: TlsSettings;
  /** The metrics that discovery lists. */
  readonly catalog: Catalog;
  readonly read: ReadContext;
  /** Undefined: every request is allowed. */
  readonly access: AccessContext | undefined;
  readonly limits: ServerLimits;
  /** The conditions of readiness, besides that the server answers. */
  readonly readiness: readonly HealthCheck[];
  /** Returns the body of `/metrics`. */
  readonly exposition: () => Promise<Buffer>;
  readonly observer: AppObserver;
}

export interface AppObserver extends ConnectionObserver {
  /** A request failed outside of the read endpoint, such as in authentication. */
  requestRefused(event: {
    readonly method: string;
    readonly path: string;
    readonly error: AdapterError;
  }): void;
}

/** Creates the API server over TLS. The caller listens. */
export function createApp(options: AppOptions): Server {
  const { servingPair, tls, limits, observer } = options;
  const app = createServer(servingPair, tls, limits, observer);
  const access = new Access(options.access, app.admission);
  const reads = new ReadEndpoint(options.read);
  // Bodies are never read, so that none can fill the memory.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.decorateRequest('userName', '');
  app.addHook('onRequest', access.check.bind(access));
  const get = (url: string, handler: Handler) => {
    app.get(url, handler);
    app.route({
      url,
      method: app.supportedMethods.filter((method) => method !== 'GET'),
      // Refuses before the body arrives.
      onRequest: refuseMethod,
      handler: refuseMethod,
    });
  };
  registerDiscovery(get, options.catalog);
  get(readRoute, reads.handle.bind(reads));
  for (const name of ['healthz', 'livez']) registerProbe(get, name, [pingCheck]);
  registerProbe(get, 'readyz', [pingCheck, ...options.readiness]);
  registerMetrics(get, options.exposition);
  app.setNotFoundHandler((request, reply) => {
    // Fastify has no routes at all for such a method.
    if (!app.supportedMethods.includes(request.method)) refuseMethod(request);
    const error = new AdapterError('PathUnknown', `nothing is served at ${pathOf(request)}`);
    return sendError(request, reply, error);
  });
  app.setErrorHandler((thrown, request, reply) => {
    const error = refusalOf(thrown, request);
    observer.requestRefused({ method: request.method, path: pathOf(request), error });
    return sendError(request, reply, error);
  });
  return app;
}

function refuseMethod(request: FastifyRequest): never {
  throw methodUnsupported(request);
}

const methodUnsupported = (request: FastifyRequest) =>
  new AdapterError('MethodUnsupported', `${request.method} is not supported on ${pathOf(request)}`);

/** Fastify's own 4xx errors, such as for an unknown method or a malformed header, are the client's fault. */
function refusalOf(thrown: unknown, request: FastifyRequest): AdapterError {
  const { code, statusCode = 500, message } = thrown as Partial<FastifyError>;
  if (thrown instanceof AdapterError || statusCode >= 500) return toAdapterError(thrown);
  if (code === 'FST_ERR_NOT_FOUND') return methodUnsupported(request);
  return new AdapterError('RequestMalformed', `the request cannot be read: ${message}`, { cause: thrown });
}

const pathOf = (request: FastifyRequest) => request.url.split('?', 1)[0] ?? '';
