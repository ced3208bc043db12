import { constants } from 'node:crypto';
import type { IncomingMessage, Server as HttpServer, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { parse as parseQuery } from 'node:querystring';
import type { SecureContextOptions, Server as TlsServer } from 'node:tls';
import type { Http2SecureServer, Http2ServerResponse } from 'node:http2';
import Fastify, {
  type FastifyHttp2SecureOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { AdapterError, type ErrorCode } from '../errors.ts';
import { http } from '../runtime/node-http.ts';
import { Connections } from './connections.ts';
import { encodeJson, sendError } from './encoding.ts';
import { noSchemas } from './no-schemas.ts';
import type { ServingPair } from './serving-pair.ts';
import { statusOf } from './status.ts';
import { TextMemo } from './text-memo.ts';

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

/** For whoever asks the same again at once. One for each series of a large cluster would cost more memory than time. */
const maxKnownQueries = 1000;
const longestKnownQuery = 1024;

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
 */
export function createServer(pair: ServingPair): Server {
  const options: FastifyHttp2SecureOptions<Http2SecureServer> = {
    http2: true,
    http2SessionTimeout: keepAliveTimeoutMs,
    https: {
      allowHTTP1: true,
      ...secureContext(pair),
      requestCert: true,
      rejectUnauthorized: false,
      ...http1Options,
      handshakeTimeout: handshakeTimeoutMs,
      // Node's default is 128: a user of the front proxy in more groups than that would get no answer.
      maxHeaderListPairs: maxHeaders,
      settings: { maxHeaderListSize: maxHeaderBytes, maxConcurrentStreams },
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength, querystringParser: createQueryParser() },
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
  const server = app.server;
  // Fastify passes these on to servers of HTTP/1.1 alone.
  server.keepAliveTimeout = keepAliveTimeoutMs;
  server.headersTimeout = headersTimeoutMs;
  server.requestTimeout = requestTimeoutMs;
  // Node's default is 2000, and it drops the others without a word.
  server.maxHeadersCount = maxHeaders;
  // Whatever is expected, the answer is the same; Node's 417 has no Status.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('connect', refuseConnect);
  app.addHook('onRequest', requireHost);
  drainOnClose(app, server);
  return app;
}

/** Clients send the same query again and again: it is read once. What comes of it is shared, so nobody may change it. */
function createQueryParser() {
  const queries = new TextMemo<Record<string, unknown>>(maxKnownQueries, longestKnownQuery);
  return (text: string) => queries.get(text, () => Object.freeze(parseQuery(text)));
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
  const { httpVersion, headers } = request.raw;
  if (httpVersion === '1.1' && headers.host === undefined)
    sendError(request, reply, new AdapterError('RequestMalformed', 'the request has no Host header'));
  else done();
}

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
