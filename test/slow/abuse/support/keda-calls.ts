import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, toBinary } from '@bufbuild/protobuf';
import { credentials } from '@grpc/grpc-js';
import { GetMetricsRequestSchema, ScaledObjectRefSchema } from '../../../../src/keda/externalscaler_pb.ts';
import { logstore, project } from '../../../support/adapter.ts';
import { KedaClient, readAsKeda, type ScaledObjectRef } from '../../../support/keda-client.ts';
import { Attackers } from './attackers.ts';
import { honestRoute } from './scripted-sls.ts';

type Method = 'IsActive' | 'StreamIsActive' | 'GetMetrics' | 'GetMetricSpec';

/** What KEDA sends of a trigger. The labels choose the series. */
export const triggerOf = (
  namespace: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): ScaledObjectRef => ({
  name,
  namespace,
  scalerMetadata: {
    target: '10',
    'sls.project': project,
    'sls.logstore': logstore,
    'sls.ingress.route': honestRoute,
    ...labels,
  },
});

/** Returns the message of a call, as gRPC frames it. */
export function messageOf(method: Method, ref: ScaledObjectRef, metricName = ''): Buffer {
  const scaledObjectRef = create(ScaledObjectRefSchema, ref);
  const message =
    method === 'GetMetrics'
      ? toBinary(GetMetricsRequestSchema, create(GetMetricsRequestSchema, { scaledObjectRef, metricName }))
      : toBinary(ScaledObjectRefSchema, scaledObjectRef);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Begins a call. Its answer is not read, and its message is as long as what was written. */
export function beginCall(
  session: ClientHttp2Session,
  method: Method,
  message: Buffer,
  { end = true } = {},
): ClientHttp2Stream {
  const stream = session.request(
    {
      ':method': 'POST',
      ':path': `/externalscaler.ExternalScaler/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    },
    { endStream: false },
  );
  stream.on('error', () => undefined);
  if (end) stream.end(message);
  else stream.write(message);
  return stream;
}

/** Sends a call, and resolves when it is over. */
export async function call(session: ClientHttp2Session, method: Method, message: Buffer): Promise<void> {
  const stream = beginCall(session, method, message).resume();
  await new Promise((resolve) => stream.once('close', resolve));
}

/** Attackers at an address of their own, as other pods have one. */
export function attackersAt(localAddress: string, url: string): Attackers {
  const attackers = new Attackers(url);
  attackers.localAddress = localAddress;
  return attackers;
}

/** Reads an honest trigger once a second until the signal, as KEDA's operator does. Returns what failed. */
export async function readHonestTrigger(url: string, signal: AbortSignal, ref: ScaledObjectRef) {
  const tls = credentials.createSsl(null, null, null, { rejectUnauthorized: false });
  using client = new KedaClient(url.replace('127.0.0.1', 'localhost'), tls);
  const failures: string[] = [];
  while (!signal.aborted) {
    await readAsKeda(client, ref).catch((error: unknown) => failures.push(String(error)));
    await sleep(1000);
  }
  return { failures };
}
