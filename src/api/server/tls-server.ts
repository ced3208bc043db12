import { constants } from 'node:crypto';
import {
  STATUS_CODES,
  type IncomingMessage,
  type RequestListener,
  type Server as HttpServer,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import {
  createServer as createPlainServer,
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerResponse,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { AdapterError } from '../../errors.ts';
import { encodeJson } from '../read/encode.ts';
import { statusOf } from '../read/kubernetes-status.ts';
import type { ServingPair } from './serving-pair.ts';

/**
 * Node's default is 16 KiB; Go's API servers accept 1 MB. The aggregator sends less than this.
 *
 * @bound - | {maxHeaderBytes} of headers | one request | a constant
 */
const maxHeaderBytes = 64 * 1024;

/** Higher than `maxHeaderBytes` can hold, so that the bytes are the only limit, for both protocols. */
const maxHeaders = 8192;

/** Node applies these to HTTP/1.1 on an HTTP/2 server too, but its types do not say so. */
const http1Options = {
  maxHeaderSize: maxHeaderBytes,
  // The admission decides, so that the answer is a Status instead of Node's empty 400.
  requireHostHeader: false,
  connectionsCheckingInterval: 5000,
} satisfies ServerOptions;

/** Go's clients keep an idle connection for 90 s. A longer time lets the client close first. `Connections` applies it to HTTP/2. */
export const keepAliveTimeoutMs = 120_000;

/** Time limits for slow clients. */
const handshakeTimeoutMs = 10_000;
export const headersTimeoutMs = 15_000;
export const requestTimeoutMs = 30_000;

/**
 * Go's default.
 *
 * @bound {maxConcurrentStreams} streams | - | one session of HTTP/2 | a constant
 */
const maxConcurrentStreams = 250;

/**
 * The aggregator sends the requests of all users over one session. Node counts a stream that was reset until it comes to
 * handle it, so the resets of one user must not fill the streams while the process is busy. The places of users bound what
 * the streams hold.
 *
 * @bound {maxSharedStreams} streams | - | one session of HTTP/2 of an authenticated user | a constant
 */
export const maxSharedStreams = 4000;

/**
 * Resets of streams, at once and a second, and streams beyond the bound. With Node's defaults, 1,000, 33 and 100, a user who
 * resets his requests would end the session of the aggregator, and the reads of all others with it. The limit is against resets
 * whose work goes on; here a reset gives the place of a request back, ends its work, and costs less than an answer.
 */
const maxResets = 1_000_000;

/** What clients may negotiate. */
export interface TlsSettings {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** Cipher suites by the names of OpenSSL, separated by colons. Default: those of Node. */
  readonly ciphers?: string;
}

/** Returns the options of TLS that a new serving pair needs too. */
export const secureContext = (
  { certificate, key }: ServingPair,
  settings: TlsSettings = { minVersion: 'TLSv1.2' },
): SecureContextOptions => ({
  ...{ cert: certificate, key },
  ...settings,
  // An empty list of authorities makes clients present any certificate that they have.
  ca: [],
  // A resumed session would lack the client's intermediate certificates.
  secureOptions: constants.SSL_OP_NO_TICKET,
});

/**
 * Creates Node's server for HTTP/2 and HTTP/1.1 over TLS on one port; without a pair, for HTTP/2 without TLS.
 *
 * TLS asks for a client certificate but does not verify it: the authenticator does, because different authorities sign
 * front proxies and users.
 */
export function createTlsServer(
  pair: ServingPair | undefined,
  listener: RequestListener,
  settings?: TlsSettings,
  maxStreams = maxConcurrentStreams,
): Http2SecureServer {
  const http2Options = {
    // Node's default is 128, too few for a front proxy's user in more groups than that.
    maxHeaderListPairs: maxHeaders,
    streamResetBurst: maxResets,
    streamResetRate: maxResets,
    maxSessionRejectedStreams: maxResets,
    settings: { maxHeaderListSize: maxHeaderBytes, maxConcurrentStreams: maxStreams },
  };
  const secure =
    pair === undefined
      ? // What is used of it is the same.
        (createPlainServer(http2Options) as unknown as Http2SecureServer)
      : createSecureServer({
          allowHTTP1: true,
          ...secureContext(pair, settings),
          requestCert: true,
          rejectUnauthorized: false,
          ...http1Options,
          handshakeTimeout: handshakeTimeoutMs,
          ...http2Options,
        });
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

/** Node passes the bare socket on HTTP/1.1 and a response on HTTP/2. */
function refuseConnect({ method }: IncomingMessage, to: Socket | Http2ServerResponse): void {
  const error = new AdapterError('MethodUnsupported', `${method} is not supported`);
  // Both kinds of responses have the methods that are used.
  if ('writeHead' in to) refuse(to as unknown as ServerResponse, error);
  else endWith(error, to);
}

/** Answers ahead of Fastify: before authentication, and without a log line. */
export function refuse(response: ServerResponse, error: AdapterError): void {
  const body = encodeJson(statusOf(error), false);
  response.writeHead(error.httpStatus, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

/** Answers bytes that are not an HTTP request with a Status on the bare socket. */
export function answerClientError(fault: Error & { readonly code?: string }, socket: Socket): void {
  const isTooLong = fault.code === 'HPE_HEADER_OVERFLOW';
  const code = isTooLong ? 'RequestHeadersTooLarge' : 'RequestMalformed';
  const error = new AdapterError(code, `the request cannot be read: ${fault.message}`, { cause: fault });
  // The client has reset the connection, or ended it amid a request.
  const hasGone = fault.code === 'ECONNRESET' || fault.code === 'HPE_INVALID_EOF_STATE';
  if (hasGone || !socket.writable) socket.destroy();
  else endWith(error, socket);
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
