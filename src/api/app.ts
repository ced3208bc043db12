import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdapterError, toAdapterError } from '../errors.ts';
import { registerDiscovery } from './discovery-routes.ts';
import { group, version } from './discovery.ts';
import { sendError } from './encoding.ts';
import { createReadHandler, type ReadContext } from './external-metrics.ts';
import type { ServingPair } from './serving-pair.ts';
import { createServer, type Server } from './server.ts';

export interface AppOptions {
  readonly servingPair: ServingPair;
  readonly read: ReadContext;
  /** Undefined when ready, else why not. */
  readonly notReady: () => string | undefined;
  /** Told of a fault in the adapter itself, once. */
  readonly onInternalError: (error: AdapterError) => void;
}

/** The API server over TLS. It answers every request; listening is the caller's. */
export function createApp(options: AppOptions): Server {
  const app = createServer(options.servingPair);
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
  get(`/apis/${group}/${version}/namespaces/:namespace/:metric`, createReadHandler(options.read));
  for (const path of ['/healthz', '/livez']) get(path, (_, reply) => sendProbe(reply, undefined));
  get('/readyz', (_, reply) => sendProbe(reply, options.notReady()));
  app.setNotFoundHandler((request, reply) =>
    sendError(
      request,
      reply,
      new AdapterError('PathUnknown', `nothing is served at ${request.url.split('?')[0] ?? ''}`),
    ),
  );
  app.setErrorHandler((thrown, request, reply) => {
    const error = toAdapterError(thrown);
    if (error.code === 'Internal') options.onInternalError(error);
    return sendError(request, reply, error);
  });
  return app;
}

function refuseMethod(request: FastifyRequest): never {
  throw new AdapterError(
    'MethodUnsupported',
    `${request.method} is not supported on ${request.url.split('?')[0] ?? ''}`,
  );
}

/** Source: Kubernetes API health endpoints: `ok` as plain text. */
function sendProbe(reply: FastifyReply, notReady: string | undefined): FastifyReply {
  reply.header('content-type', 'text/plain; charset=utf-8').header('x-content-type-options', 'nosniff');
  return notReady === undefined ? reply.send('ok') : reply.code(503).send(`not ready: ${notReady}\n`);
}
