import { constants } from 'node:crypto';
import type { IncomingMessage, RequestListener, Server as HttpServer, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { parse as querystringParser } from 'node:querystring';
import type { SecureContextOptions, Server as TlsServer } from 'node:tls';
import { createSecureServer, type Http2SecureServer, type Http2ServerResponse } from 'node:http2';
import Fastify, {
  type FastifyHttp2SecureOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { AdapterError, type ErrorCode } from '../../errors.ts';
import { http } from '../../runtime/node-http.ts';
import { Connections } from './connections.ts';
import { encodeJson, sendError } from '../read/encoding.ts';
import { noSchemas } from './no-schemas.ts';
import type { ServingPair } from './serving-pair.ts';
import type { Shortcut } from '../read/shortcut.ts';
import { statusOf } from '../read/status.ts';

/** Go's API servers take 1 MB; what the aggregator sends stays below this. Node's default is 16 KiB. */
const maxHeaderBytes = 64 * 1024;

/** A header a group and one of a letter still fit in the bytes above: those are the bound, for both protocols. */
const maxHeaders = 8192;

/** Node takes them for HTTP/1.1 on an HTTP/2 server too; its types do not say so. */
const http1Options = {
  maxHeaderSize: maxHeaderBytes,
  // A request without a Host gets a Status, not Node's bare 400.
  requireHostHeader: false,
} satisfies ServerOptions;

/** Longer than the 90 s for which Go's clients keep an idle connection, so that they close first. */
const keepAliveTimeoutMs = 120_000;

/** For a client that sends its request byte by byte: until its headers are there, and until all of it is. */
const headersTimeoutMs = 15_000;
const requestTimeoutMs = 30_000;
const handshakeTimeoutMs = 10_000;

/** When the server closes: for what is just arriving, and for what is being answered. */
const drainIdleMs = 1000;
const drainMs = 30_000;

/** Go's default: the aggregator sends all its requests over one connection. */
const maxConcurrentStreams = 250;

/** A metric name or namespace longer than this is none. */
const maxParamLength = 512;

/** What a change of the serving pair replaces. */
function secureContext({ certificate, key }: ServingPair): SecureContextOptions {
  return {
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    // No list of authorities is sent, so that clients present whatever certificate they have.
    ca: [],
    // A resumed session lacks the certificates between the client's and its authority.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/** New connections get the new pair; open ones go on with theirs. */
export function replaceServingPair(server: Server, pair: ServingPair): void {
  (server.server as unknown as TlsServer).setSecureContext(secureContext(pair));
}

/** Typed as HTTP/1.1's: handlers use what both protocols have. */
export type Server = FastifyInstance;

/**
 * HTTP/2 and HTTP/1.1 over TLS on one port. A client certificate is asked for and not required; whose it is, the
 * authenticator tells, for more than one authority may have signed it.
 *
 * @param shortcut what it answers is not routed
 */
export function createServer(pair: ServingPair, shortcut: Shortcut = () => false): Server {
  const options: FastifyHttp2SecureOptions<Http2SecureServer> = {
    http2: true,
    // So that Fastify knows of TLS; the server is the factory's.
    https: {},
    serverFactory: (route) => createHttpServer(pair, shortcut, route as unknown as RequestListener),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength, querystringParser },
    schemaController: noSchemas,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    // What arrives on an open connection while others drain is answered: a rollout fails no request.
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: ({ message }, request, reply) => {
      const refusal = new AdapterError('ParameterInvalid', message);
      // Typed by protocol; what is read of them, both have.
      void sendError(request as unknown as FastifyRequest, reply as unknown as FastifyReply, refusal);
    },
  };
  const app = Fastify(options) as unknown as Server;
  app.addHook('onRequest', requireHost);
  drainOnClose(app, app.server);
  return app;
}

function createHttpServer(pair: ServingPair, shortcut: Shortcut, route: RequestListener): Http2SecureServer {
  const secure = createSecureServer({
    allowHTTP1: true,
    ...secureContext(pair),
    requestCert: true,
    rejectUnauthorized: false,
    ...http1Options,
    handshakeTimeout: handshakeTimeoutMs,
    // Node's default is 128: a user of the front proxy in more groups than that would get no answer.
    maxHeaderListPairs: maxHeaders,
    settings: { maxHeaderListSize: maxHeaderBytes, maxConcurrentStreams },
  });
  secure.on('session', (session) => session.setTimeout(keepAliveTimeoutMs, () => session.close()));
  // What it is for HTTP/1.1; Node's types know that of HTTP/2 alone.
  const server = secure as unknown as HttpServer;
  server.keepAliveTimeout = keepAliveTimeoutMs;
  server.headersTimeout = headersTimeoutMs;
  server.requestTimeout = requestTimeoutMs;
  // Node's default is 2000, and it drops the others without a word.
  server.maxHeadersCount = maxHeaders;
  server.on('request', (request, response) => {
    // The router alone knows what to tell clients while the server closes.
    const isAnswered = server.listening && !lacksHost(request) && shortcut(request, response);
    if (!isAnswered) route(request, response);
  });
  // Whatever is expected, the answer is the same; Node's 417 has no Status.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('connect', refuseConnect);
  return secure;
}

/** Lets nobody hold up the end: neither who never asks anything nor who never takes the answer. */
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

/** Before anybody is told apart, and so without a word in the log. Source: RFC 9112, 3.2. */
function requireHost(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (lacksHost(request.raw))
    sendError(request, reply, new AdapterError('RequestMalformed', 'the request has no Host header'));
  else done();
}

const lacksHost = ({ httpVersion, headers }: IncomingMessage) =>
  httpVersion === '1.1' && headers.host === undefined;

/** Node hands over the bare socket on HTTP/1.1, and a response on HTTP/2. */
function refuseConnect({ method }: IncomingMessage, to: Socket | Http2ServerResponse): void {
  const error = new AdapterError('MethodUnsupported', `${method} is not supported`);
  if ('writeHead' in to) {
    to.writeHead(error.httpStatus, { 'content-type': 'application/json' });
    to.end(encodeJson(statusOf(error), false));
  } else endWith(error, to);
}

/** What is no HTTP request has no route; it gets its Status all the same, on the bare socket. */
function answerClientError(fault: Error & { readonly code?: string }, socket: Socket): void {
  if (fault.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code: ErrorCode =
    fault.code === 'HPE_HEADER_OVERFLOW' ? 'RequestHeadersTooLarge' : 'RequestMalformed';
  endWith(new AdapterError(code, `the request cannot be read: ${fault.message}`, { cause: fault }), socket);
}

/** A Status where there is no response to write it to. */
function endWith(error: AdapterError, socket: Socket): void {
  const body = encodeJson(statusOf(error), false);
  const head = [
    `HTTP/1.1 ${error.httpStatus} ${http.STATUS_CODES[error.httpStatus] ?? ''}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body.toString()}`);
}
