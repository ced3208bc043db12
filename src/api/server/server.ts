import { constants } from 'node:crypto';
import {
  STATUS_CODES,
  type IncomingMessage,
  type RequestListener,
  type Server as HttpServer,
  type ServerOptions,
} from 'node:http';
import { createSecureServer, type Http2SecureServer, type Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import type { SecureContextOptions, Server as TlsServer } from 'node:tls';
import Fastify, {
  type FastifyHttp2SecureOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { AdapterError, type ErrorCode } from '../../errors.ts';
import { encodeJson, sendError } from '../read/encoding.ts';
import { statusOf } from '../read/kubernetes-status.ts';
import { Connections } from './connections.ts';
import type { ServingPair } from './serving-pair.ts';

/** Node's default is 16 KiB; Go's API servers accept 1 MB. The aggregator sends less than this. */
const maxHeaderBytes = 64 * 1024;

/** Higher than `maxHeaderBytes` can hold, so that the bytes are the only limit, for both protocols. */
const maxHeaders = 8192;

/** Node applies these to HTTP/1.1 on an HTTP/2 server too, but its types do not say so. */
const http1Options = {
  maxHeaderSize: maxHeaderBytes,
  // `requireHost` answers with a Status instead of Node's empty 400.
  requireHostHeader: false,
} satisfies ServerOptions;

/** Go's clients keep an idle connection for 90 s. A longer time lets the client close first. */
const keepAliveTimeoutMs = 120_000;

/** Time limits for slow clients: for the TLS handshake, all headers, and the whole request. */
const handshakeTimeoutMs = 10_000;
const headersTimeoutMs = 15_000;
const requestTimeoutMs = 30_000;

/** Time limits after the server begins to close: for requests that still arrive, and for running ones. */
const drainIdleMs = 1000;
const drainMs = 30_000;

/** Go's default. The aggregator sends all its requests over one connection. */
const maxConcurrentStreams = 250;

/** Longer metric names and namespaces are not routed. */
const maxParamLength = 512;

/** The TLS settings that change with the serving pair. */
function secureContext({ certificate, key }: ServingPair): SecureContextOptions {
  return {
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    // An empty list of authorities makes clients present any certificate that they have.
    ca: [],
    // A resumed session would lack the client's intermediate certificates.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/** Gives new connections the new pair. Open connections keep theirs. */
export function replaceServingPair(server: Server, pair: ServingPair): void {
  (server.server as unknown as TlsServer).setSecureContext(secureContext(pair));
}

/** Has the type of an HTTP/1.1 server: handlers use only what both protocols have. */
export type Server = FastifyInstance;

export type Handler = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | Promise<FastifyReply>;

/** Adds a read-only path. */
export type RegisterGet = (url: string, handler: Handler) => void;

/**
 * Creates a Fastify server for HTTP/2 and HTTP/1.1 over TLS on one port.
 *
 * TLS asks for a client certificate but does not verify it: the authenticator does, because different authorities sign
 * front proxies and users.
 */
export function createServer(pair: ServingPair): Server {
  const options: FastifyHttp2SecureOptions<Http2SecureServer> = {
    http2: true,
    // Tells Fastify about TLS. The factory creates the server.
    https: {},
    serverFactory: (listener) => createHttpServer(pair, listener as unknown as RequestListener),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength },
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    // Requests on open connections are answered while the server closes, so that a rollout fails no request.
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: ({ message }, request, reply) => {
      const error = new AdapterError('ParameterInvalid', message);
      // The types differ by protocol, but `sendError` uses only what both have.
      void sendError(request as unknown as FastifyRequest, reply as unknown as FastifyReply, error);
    },
  };
  const app = Fastify(options) as unknown as Server;
  app.addHook('onRequest', requireHost);
  // Without an onResponse hook Fastify aborts the signal of every request, after its response too.
  app.addHook('onResponse', (_request, _reply, done) => done());
  drainOnClose(app, app.server);
  return app;
}

function createHttpServer(pair: ServingPair, listener: RequestListener): Http2SecureServer {
  const secure = createSecureServer({
    allowHTTP1: true,
    ...secureContext(pair),
    requestCert: true,
    rejectUnauthorized: false,
    ...http1Options,
    handshakeTimeout: handshakeTimeoutMs,
    // Node's default is 128, too few for a front proxy's user in more groups than that.
    maxHeaderListPairs: maxHeaders,
    settings: { maxHeaderListSize: maxHeaderBytes, maxConcurrentStreams },
  });
  secure.on('session', (session) => session.setTimeout(keepAliveTimeoutMs, () => session.close()));
  // It is an HTTP/1.1 server too, but Node's types know only HTTP/2.
  const server = secure as unknown as HttpServer;
  server.keepAliveTimeout = keepAliveTimeoutMs;
  server.headersTimeout = headersTimeoutMs;
  server.requestTimeout = requestTimeoutMs;
  // Node's default is 2000; it drops further headers without an error.
  server.maxHeadersCount = maxHeaders;
  server.on('request', listener);
  // Node would answer an unknown Expect header with an empty 417.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('connect', refuseConnect);
  return secure;
}

/** Closes connections that would delay the end: idle ones after a second, all others after 30 s. */
function drainOnClose(app: Server, server: HttpServer): void {
  const connections = new Connections(server);
  app.addHook('preClose', (done) => {
    const idle = setInterval(() => connections.endIdle(), drainIdleMs);
    const all = setTimeout(() => connections.destroyAll(), drainMs);
    server.once('close', () => {
      clearInterval(idle);
      clearTimeout(all);
    });
    done();
  });
}

/** Runs before authentication and logs nothing. Source: RFC 9112, 3.2. */
function requireHost(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { httpVersion, headers } = request.raw;
  if (httpVersion !== '1.1' || headers.host !== undefined) done();
  else sendError(request, reply, new AdapterError('RequestMalformed', 'the request has no Host header'));
}

/** Node passes the bare socket on HTTP/1.1 and a response on HTTP/2. */
function refuseConnect({ method }: IncomingMessage, to: Socket | Http2ServerResponse): void {
  const error = new AdapterError('MethodUnsupported', `${method} is not supported`);
  if ('writeHead' in to) {
    to.writeHead(error.httpStatus, { 'content-type': 'application/json' });
    to.end(encodeJson(statusOf(error), false));
  } else endWith(error, to);
}

/** Answers bytes that are not an HTTP request with a Status on the bare socket. */
function answerClientError(fault: Error & { readonly code?: string }, socket: Socket): void {
  if (fault.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code: ErrorCode =
    fault.code === 'HPE_HEADER_OVERFLOW' ? 'RequestHeadersTooLarge' : 'RequestMalformed';
  endWith(new AdapterError(code, `the request cannot be read: ${fault.message}`, { cause: fault }), socket);
}

/** Writes a Status where there is no response object, and ends the connection. */
function endWith(error: AdapterError, socket: Socket): void {
  const body = encodeJson(statusOf(error), false);
  const head = [
    `HTTP/1.1 ${error.httpStatus} ${STATUS_CODES[error.httpStatus] ?? ''}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body.toString()}`);
}
