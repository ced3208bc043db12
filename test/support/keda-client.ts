import { resolve } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** What KEDA sends of a trigger. */
export interface ScaledObjectRef {
  readonly name: string;
  readonly namespace: string;
  readonly scalerMetadata: Readonly<Record<string, string>>;
}

interface MetricSpec {
  readonly metricName: string;
  readonly targetSize: number;
  readonly targetSizeFloat: number;
}

interface MetricValue {
  readonly metricName: string;
  readonly metricValue: number;
  readonly metricValueFloat: number;
}

/** An answer of gRPC that is not OK. */
export interface GrpcFailure extends Error {
  readonly code: number;
  readonly details: string;
}

interface GrpcCallOptions {
  readonly metadata?: grpc.Metadata;
  readonly deadlineMs?: number;
}

const protoFile = resolve(import.meta.dirname, '../../src/keda/externalscaler.proto');
export const proto = loadSync(protoFile, { keepCase: true, longs: Number, defaults: true, arrays: true });
const { externalscaler } = grpc.loadPackageDefinition(proto) as unknown as {
  readonly externalscaler: { readonly ExternalScaler: grpc.ServiceClientConstructor };
};

/** The external scaler as KEDA's operator calls it: with grpc-js, over one connection. */
export class KedaClient implements Disposable {
  readonly client: grpc.Client;

  /** @param url `http://…` without TLS */
  constructor(
    url: string,
    credentials = grpc.credentials.createInsecure(),
    options: grpc.ClientOptions = {},
  ) {
    const { host } = new URL(url);
    this.client = new externalscaler.ExternalScaler(host, credentials, {
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    });
  }

  async getMetricSpec(ref: ScaledObjectRef, options?: GrpcCallOptions): Promise<readonly MetricSpec[]> {
    const answer = await this.#call('GetMetricSpec', ref, options);
    return (answer as { readonly metricSpecs: readonly MetricSpec[] }).metricSpecs;
  }

  async getMetrics(
    scaledObjectRef: ScaledObjectRef | undefined,
    metricName: string,
    options?: GrpcCallOptions,
  ): Promise<readonly MetricValue[]> {
    const answer = await this.#call('GetMetrics', { scaledObjectRef, metricName }, options);
    return (answer as { readonly metricValues: readonly MetricValue[] }).metricValues;
  }

  async isActive(ref: ScaledObjectRef, options?: GrpcCallOptions): Promise<boolean> {
    const answer = await this.#call('IsActive', ref, options);
    return (answer as { readonly result: boolean }).result;
  }

  stream(
    method: 'StreamIsActive' | 'StreamMetricSpec',
    ref: ScaledObjectRef,
  ): grpc.ClientReadableStream<{ result: boolean }> {
    const open = (this.client as unknown as Record<string, (request: unknown) => unknown>)[method];
    return open?.call(this.client, ref) as grpc.ClientReadableStream<{ result: boolean }>;
  }

  [Symbol.dispose](): void {
    this.client.close();
  }

  /** @throws GrpcFailure */
  #call(
    method: string,
    request: unknown,
    { metadata, deadlineMs = 10_000 }: GrpcCallOptions = {},
  ): Promise<unknown> {
    const { promise, resolve: done, reject } = Promise.withResolvers();
    const send = (this.client as unknown as Record<string, (...args: unknown[]) => unknown>)[method];
    send?.call(
      this.client,
      request,
      metadata ?? new grpc.Metadata(),
      { deadline: Date.now() + deadlineMs },
      (error: grpc.ServiceError | null, answer: unknown) => {
        if (error === null) done(answer);
        else reject(asGoReads(error));
      },
    );
    return promise;
  }
}

/** grpc-js leaves reserved characters percent-encoded in a message; KEDA's gRPC library decodes them. */
const asGoReads = (error: grpc.ServiceError): GrpcFailure =>
  Object.assign(error, {
    details: error.details.replaceAll(/%(3B|2F|3F|3A|40|26|3D|2B|24|2C|23)/g, decodeURIComponent),
  });

/** What KEDA makes of one trigger: its metric, and whether it is active. */
export interface MetricAndActivity {
  /** As the HPA gets it, in KEDA's format with three decimals. */
  readonly value: number;
  readonly isActive: boolean;
}

/**
 * Reads as KEDA does (pkg/scaling/cache, GetMetricsAndActivityForScaler, and pkg/scalers/external_scaler.go): GetMetricSpec,
 * GetMetrics, IsActive; after an error once more. An error of any of them voids the whole.
 *
 * @param version KEDA before 2.17 reads integers alone
 * @throws GrpcFailure of the second attempt
 */
export async function readAsKeda(
  client: KedaClient,
  ref: ScaledObjectRef,
  version: '2.16' | '2.17' = '2.17',
): Promise<MetricAndActivity> {
  const attempt = async () => {
    const [spec] = await client.getMetricSpec(ref);
    if (spec === undefined) throw new Error('no metric spec');
    const values = await client.getMetrics(ref, spec.metricName);
    const [metric] = values.filter(({ metricName }) => metricName === spec.metricName);
    if (metric === undefined) throw new Error('no matching metrics found');
    const { metricValue, metricValueFloat } = metric;
    const value = version === '2.17' && metricValueFloat > 0 ? metricValueFloat : metricValue;
    return { value: Number(value.toFixed(3)), isActive: await client.isActive(ref) };
  };
  return await attempt().catch(attempt);
}
