import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdapterError, toAdapterError } from '../errors.ts';
import { createAccessCheck, type AccessContext } from './access.ts';
import { registerDiscovery } from './discovery-routes.ts';
import { sendError } from './encoding.ts';
import { createReadHandler, readRoute, type ReadContext } from './external-metrics.ts';
import { InFlight } from './in-flight.ts';
import { pingCheck, registerProbe, type HealthCheck } from './probes.ts';
import type { ServingPair } from './serving-pair.ts';
import { createServer, type Server } from './server.ts';

export interface AppOptions {
  readonly servingPair: ServingPair;
  readonly read: ReadContext;
  /** Whom to let in; undefined: everyone. */
  readonly access: AccessContext | undefined;
  /** How many requests are answered at a time, those of system:masters apart. */
  readonly maxInFlight: number;
  /** What readiness depends on, besides that anything is answered. */
  readonly readiness: readonly HealthCheck[];
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
  const app = createServer(options.servingPair);
  app.addHook('onRequest', createAccessCheck(options.access, new InFlight(options.maxInFlight)));
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
  registerDiscovery(get);
  get(readRoute, createReadHandler(options.read));
  for (const name of ['healthz', 'livez']) registerProbe(get, name, [pingCheck]);
  registerProbe(get, 'readyz', [pingCheck, ...options.readiness]);
  app.setNotFoundHandler((request, reply) =>
    sendError(request, reply, new AdapterError('PathUnknown', `nothing is served at ${pathOf(request)}`)),
  );
  app.setErrorHandler((thrown, request, reply) => {
    const error = toAdapterError(thrown);
    options.observer.requestRefused({ method: request.method, path: pathOf(request), error });
    return sendError(request, reply, error);
  });
  return app;
}

function refuseMethod(request: FastifyRequest): never {
  throw new AdapterError('MethodUnsupported', `${request.method} is not supported on ${pathOf(request)}`);
}

const pathOf = (request: FastifyRequest) => request.url.split('?', 1)[0] ?? '';
