import { constants } from 'node:crypto';
import { STATUS_CODES, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { SecureContextOptions, Server as TlsServer } from 'node:tls';
import type { Http2SecureServer } from 'node:http2';
import Fastify, {
  type FastifyHttp2SecureOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { AdapterError, type ErrorCode } from '../errors.ts';
import { encodeJson, sendError } from './encoding.ts';
import type { ServingPair } from './serving-pair.ts';
import { statusOf } from './status.ts';

/** Go's API servers take 1 MB; what the aggregator sends stays below this. Node's default is 16 KiB. */
const maxHeaderBytes = 64 * 1024;

/** Node takes them for HTTP/1.1 on an HTTP/2 server too; its types do not say so. */
const http1Options = { maxHeaderSize: maxHeaderBytes } satisfies ServerOptions;

/** Longer than the 90 s for which Go's clients keep an idle connection, so that they close first. */
const keepAliveTimeoutMs = 120_000;

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
      settings: { maxHeaderListSize: maxHeaderBytes, maxConcurrentStreams },
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength },
    keepAliveTimeout: keepAliveTimeoutMs,
    requestTimeout: 30_000,
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
  return Fastify(options) as unknown as Server;
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
