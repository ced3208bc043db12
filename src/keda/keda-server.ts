import {
  Code,
  ConnectError,
  createConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from '@connectrpc/connect';
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from '@connectrpc/connect-node';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppObserver } from '../api/server/app.ts';
import type { Admission } from '../api/server/admission.ts';
import { addressOf, type ConnectionObserver } from '../api/server/connections.ts';
import { createServer } from '../api/server/server.ts';
import type { ServingPair } from '../api/server/serving-pair.ts';
import type { TlsSettings } from '../api/server/tls-server.ts';
import { AdapterError, toAdapterError } from '../errors.ts';
import { withinPatience } from '../reading/reader.ts';
import { Shares } from '../runtime/shares.ts';
import type { ClientCertificates } from './client-certificates.ts';
import { ExternalScaler } from './externalscaler_pb.ts';
import { grpcError, type Scaler } from './scaler.ts';

/**
 * KEDA sends its calls over one connection, and each trigger of type external-push has a stream.
 *
 * @bound {maxStreamsOfClient} streams of one client, twice as many of all | one timer each | a client takes at most as many as are free | a constant
 */
const maxStreamsOfClient = 1000;
/** @bound {maxCallsOfClient} calls of one client, twice as many of all | {maxMessageBytes} each | a client takes at most as many as are free | a constant */
const maxCallsOfClient = 400;
const maxConnections = 200;
/** @bound - | {maxMessageBytes} | one message | a constant */
const maxMessageBytes = 64 * 1024;
const callMs = 10_000;
/** Finds streams whose client has gone without a word. */
const keepAliveMs = 60_000;

export interface KedaServerOptions {
  /** Undefined: without TLS. */
  readonly servingPair: ServingPair | undefined;
  readonly tls: TlsSettings;
  /** Undefined: no client needs a certificate. */
  readonly clients: ClientCertificates | undefined;
  readonly scaler: Scaler;
  readonly observer: Pick<AppObserver, 'requestRefused'> & ConnectionObserver;
}

interface Call {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Ends a call whose message does not arrive. */
  readonly overdue: NodeJS.Timeout;
}

const callKey = createContextKey<Call | undefined>(undefined);

/** Creates the server of the external scaler: gRPC alone. The caller listens. `streams` tells how many are open. */
export function createKedaServer(options: KedaServerOptions) {
  const { servingPair, tls, scaler, observer } = options;
  const maxRequests = maxCallsOfClient + maxStreamsOfClient;
  const limits = { maxRequests, maxStreams: maxRequests, requestSeconds: Infinity, maxConnections };
  const app = createServer(servingPair, tls, limits, observer);
  const streams = new Shares(maxStreamsOfClient);
  const stopping = new AbortController();
  const router = createConnectRouter({
    ...{ grpc: true, grpcWeb: false, connect: false },
    ...{ acceptCompression: [], readMaxBytes: maxMessageBytes, shutdownSignal: stopping.signal },
    requestGate: gate(app.admission, streams, options),
  }).service(ExternalScaler, {
    getMetricSpec: (ref) => scaler.getMetricSpec(ref),
    getMetrics: (request, context) => inTime(scaler.getMetrics(request), context),
    isActive: (ref, context) => inTime(scaler.isActive(ref), context),
    streamIsActive: (ref, { signal, values }) => {
      clearTimeout(values.get(callKey)?.overdue);
      return scaler.streamIsActive(ref, signal);
    },
  });
  app.removeAllContentTypeParsers();
  // The handlers read the body themselves.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  for (const handle of router.handlers)
    app.post(handle.requestPath, (request, reply) => {
      reply.hijack();
      const overdue = setTimeout(() => reply.raw.destroy(), callMs);
      reply.raw.once('close', () => clearTimeout(overdue));
      answer(handle, { request, reply, overdue }).catch(() => reply.raw.destroy());
    });
  app.server.on('connection', (socket) => socket.setKeepAlive(true, keepAliveMs));
  app.addHook('preClose', (done) => {
    stopping.abort();
    done();
  });
  return { app, streams: () => streams.taken };
}

/** Rejects at the deadline of the client. The signal of the context would end calls while the server drains, too. */
async function inTime<T>(work: Promise<T>, { timeoutMs }: HandlerContext): Promise<T> {
  const leftMs = timeoutMs();
  const done = leftMs === undefined ? await work : await withinPatience(work, Math.max(0, leftMs));
  if (done !== undefined) return done;
  throw new ConnectError('the deadline of the call has passed', Code.DeadlineExceeded);
}

/** Rejects if the client has gone, or the answer cannot be written. */
async function answer(handle: UniversalHandler, call: Call): Promise<void> {
  const { request, reply } = call;
  const values = createContextValues().set(callKey, call);
  const response = await handle(universalRequestFromNodeRequest(request.raw, reply.raw, undefined, values));
  await universalResponseToNodeResponse(response, reply.raw);
}

/** Returns what decides whether a call is answered, before its message is read. */
function gate(admission: Admission, streams: Shares, { clients, observer }: KedaServerOptions) {
  const admit = async ({ method }: HandlerContext, { request, reply }: Call) => {
    const name = await clients?.nameOf(request);
    if (name === undefined) admission.admitStranger(reply.raw);
    else admission.admitUser(reply.raw, name, false);
    if (method.methodKind === 'unary' || reply.raw.destroyed) return;
    const holder = name ?? addressOf(request.socket);
    if (!streams.take(holder))
      throw new AdapterError('TooManyRequests', `"${holder}" already has its share of the streams`);
    reply.raw.once('close', () => streams.give(holder));
  };
  return async (context: HandlerContext): Promise<void> => {
    const call = context.values.get(callKey);
    if (call === undefined) return;
    try {
      await admit(context, call);
    } catch (thrown) {
      const error = toAdapterError(thrown);
      observer.requestRefused({ method: 'POST', path: call.request.url, error });
      throw grpcError(error);
    }
  };
}
