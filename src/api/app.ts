import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { AdapterError, toAdapterError, type ErrorCode } from '../errors.ts';
import { registerDiscovery } from './discovery-routes.ts';
import { group, version } from './discovery.ts';
import { encodeJson, sendError } from './encoding.ts';
import { createReadHandler, type ReadContext } from './external-metrics.ts';
import type { ServingPair } from './serving-pair.ts';
import { statusOf } from './status.ts';

export interface AppOptions {
  readonly servingPair: ServingPair;
  readonly read: ReadContext;
  /** Undefined when ready, else why not. */
  readonly notReady: () => string | undefined;
  /** Told of a fault in the adapter itself, once. */
  readonly onInternalError: (error: AdapterError) => void;
}

/** Go's limit, net/http DefaultMaxHeaderBytes is larger; the API server's requests stay below. */
const maxHeaderBytes = 64 * 1024;

/** Longer than the 90 s for which Go's clients keep an idle connection, so that they close first. */
const keepAliveTimeoutMs = 120_000;

/** A metric name or namespace longer than this is none. */
const maxParamLength = 512;

export type App = ReturnType<typeof createInstance>;

function createInstance({ certificate, key }: ServingPair) {
  return Fastify({
    https: { cert: certificate, key, minVersion: 'TLSv1.2', maxHeaderSize: maxHeaderBytes },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength },
    keepAliveTimeout: keepAliveTimeoutMs,
    requestTimeout: 30_000,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      void sendError(request, reply, new AdapterError('ParameterInvalid', error.message, { cause: error }));
    },
  });
}

/** The API server over TLS. It answers every request; listening is the caller's. */
export function createApp(options: AppOptions): App {
  const app = createInstance(options.servingPair);
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

/** What is no HTTP request has no route; it gets its Status all the same, on the bare socket. */
function answerClientError(fault: Error & { readonly code?: string }, socket: Socket): void {
  if (fault.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code: ErrorCode =
    fault.code === 'HPE_HEADER_OVERFLOW' ? 'RequestHeadersTooLarge' : 'RequestMalformed';
  const error = new AdapterError(code, `the request cannot be read: ${fault.message}`, { cause: fault });
  const body = encodeJson(statusOf(error), false);
  const head = [
    `HTTP/1.1 ${error.httpStatus} ${STATUS_CODES[error.httpStatus] ?? ''}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body.toString()}`);
}
