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
import { toAdapterError } from '../errors.ts';
import { withinPatience } from '../reading/reader.ts';
import { Shares } from '../runtime/shares.ts';
import type { ClientCertificates } from './client-certificates.ts';
import { ExternalScaler } from './externalscaler_pb.ts';
import { grpcError, type Scaler } from './scaler.ts';

/**
 * KEDA sends its calls over one connection, and each trigger of type external-push has a stream.
 *
 * @bound {maxStreamsOfClient} streams of one client, 2.5 times as many of all | {bytesOfStream} of its trigger each, longer ones count as several | a client takes at most as many as are free | a constant
 */
const maxStreamsOfClient = 1000;
const bytesOfStream = 4 * 1024;
/** A stream is a call until its message is there, and KEDA opens all of them at once. @bound {maxCallsOfClient} calls of one client, 2.5 times as many of all | {maxMessageBytes} each | a client takes at most as many as are free | a constant */
const maxCallsOfClient = 1400;
const maxConnections = 200;
/** @bound - | {maxMessageBytes} | one message | a constant */
const maxMessageBytes = 32 * 1024;
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
  /** The name in its certificate, else its address. */
  client: string;
}

const callKey = createContextKey<Call | undefined>(undefined);

/** Creates the server of the external scaler: gRPC alone. The caller listens. `streams` tells how many are open. */
export function createKedaServer(options: KedaServerOptions) {
  const { servingPair, tls, scaler, observer } = options;
  const maxStreams = maxCallsOfClient + maxStreamsOfClient;
  const limits = { maxRequests: maxCallsOfClient, maxStreams, requestSeconds: Infinity, maxConnections };
  const app = createServer(servingPair, tls, limits, observer);
  const streams = new Shares(maxStreamsOfClient);
  const stopping = new AbortController();
  const router = createConnectRouter({
    ...{ grpc: true, grpcWeb: false, connect: false },
    ...{ acceptCompression: [], readMaxBytes: maxMessageBytes, shutdownSignal: stopping.signal },
    requestGate: gate(app.admission, options),
  }).service(ExternalScaler, {
    getMetricSpec: (ref) => scaler.getMetricSpec(ref),
    getMetrics: (request, context) => inTime(scaler.getMetrics(request, clientOf(context)), context),
    isActive: (ref, context) => inTime(scaler.isActive(ref, clientOf(context)), context),
    streamIsActive: (ref, context) => {
      const call = context.values.get(callKey);
      clearTimeout(call?.overdue);
      const admit = async (bytes: number) => {
        if (call === undefined) return;
        const places = Math.floor(bytes / bytesOfStream);
        await orRefuse(observer, call, () => app.admission.moveTo(streams, call.reply.raw, places));
      };
      return scaler.streamIsActive(ref, context.signal, clientOf(context), admit);
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
      answer(handle, { request, reply, overdue, client: '' }).catch(() => reply.raw.destroy());
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
function gate(admission: Admission, { clients, observer }: KedaServerOptions) {
  return async ({ values }: HandlerContext): Promise<void> => {
    const call = values.get(callKey);
    if (call === undefined) return;
    const { request, reply } = call;
    await orRefuse(observer, call, async () => {
      const name = await clients?.nameOf(request);
      call.client = name ?? addressOf(request.socket);
      if (name === undefined) admission.admitStranger(reply.raw);
      else admission.admitUser(reply.raw, name, false);
    });
  };
}

const clientOf = ({ values }: HandlerContext): string => values.get(callKey)?.client ?? '';

/** @throws ConnectError, and tells it */
async function orRefuse(
  observer: KedaServerOptions['observer'],
  { request: { url } }: Call,
  admit: () => void | Promise<void>,
): Promise<void> {
  try {
    await admit();
  } catch (thrown) {
    const error = toAdapterError(thrown);
    observer.requestRefused({ method: 'POST', path: url, error });
    throw grpcError(error);
  }
}
