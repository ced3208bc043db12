import { Code, ConnectError } from '@connectrpc/connect';
import { LRUCache } from 'lru-cache';
import { ageMsOf, type ReadContext } from '../api/read/external-metrics.ts';
import { toAdapterError, type AdapterError } from '../errors.ts';
import { maxQuantityValue, milliOf } from '../grammar/quantity.ts';
import type { Reading } from '../reading/reader.ts';
import { bytesOf } from '../metric/series.ts';
import { pauseUntil } from '../runtime/back-off.ts';
import { kedaShareOf } from '../runtime/shares.ts';
import type { GetMetricsRequest, ScaledObjectRef } from './externalscaler_pb.ts';
import { invalid, parseTrigger, type Trigger } from './trigger.ts';

export interface ScalerContext extends ReadContext {
  readonly monotonicMs: () => number;
  /** Default: by timers. */
  readonly pause?: (pauseMs: number, signal: AbortSignal) => Promise<void>;
}

/** KEDA sets no deadline, and an HPA's read waits for its answer. */
const longestWaitMs = 2000;
/** KEDA asks `IsActive` right after `GetMetrics`, and both must tell the same. */
const rememberedMs = 2000;
/** The beat of a stream's reads. Refreshes serve them like an HPA's. */
const streamBeatMs = 5000;
/** How often a stream repeats that the workload is active. */
const repeatMs = 30_000;
const maxRemembered = 5000;
/** The text of an error travels in a header. In characters. */
const longestText = 2000;

/** Answers KEDA. Every failure is an error, never a 0 and never inactive: KEDA scales to zero what is inactive. */
export class Scaler {
  readonly #context: ScalerContext;
  /**
   * The last reading of a trigger, by client, namespace, ScaledObject and metric name.
   *
   * @bound {maxRemembered} triggers | 500 characters of their names each | the least recently read is forgotten, and read again | a constant
   */
  readonly #last = new LRUCache<string, { readonly atMs: number; readonly value: Promise<Value> }>({
    max: maxRemembered,
  });

  constructor(context: ScalerContext) {
    this.#context = context;
  }

  /** Called several times a minute: it asks nothing of SLS. */
  getMetricSpec(ref: ScaledObjectRef) {
    return answer(() => {
      const { metricName, target } = this.#parse(ref);
      const targetSize = BigInt(Math.ceil(target));
      return { metricSpecs: [{ metricName, targetSizeFloat: target, targetSize }] };
    });
  }

  /** @param client its address, or the name in its certificate: its reads have bounds together */
  getMetrics({ scaledObjectRef, metricName }: GetMetricsRequest, client: string) {
    return answer(async () => {
      const trigger = this.#parse(scaledObjectRef);
      if (metricName !== trigger.metricName)
        throw invalid(`KEDA asks for ${JSON.stringify(metricName)}, but the metric is ${trigger.metricName}`);
      return { metricValues: [{ metricName, ...(await this.#read(trigger, client)) }] };
    });
  }

  /** @param client as for `getMetrics` */
  isActive(ref: ScaledObjectRef, client: string) {
    return answer(async () => {
      const trigger = this.#parse(ref);
      const last = this.#last.get(keyOf(trigger, client));
      const isNew = last !== undefined && this.#context.monotonicMs() - last.atMs <= rememberedMs;
      return { result: isAbove(trigger, await (isNew ? last.value : this.#read(trigger, client))) };
    });
  }

  /**
   * Tells that the workload is active when the value rises above `activation`, and every 30 s while it is. It never tells
   * the opposite: another trigger may be active, and some versions of KEDA would scale to zero.
   *
   * @param client as for `getMetrics`
   * @param admit called with about the bytes that the stream holds; rejects if they are too many
   */
  async *streamIsActive(
    ref: ScaledObjectRef,
    signal: AbortSignal,
    client: string,
    admit: (bytes: number) => Promise<void>,
  ) {
    const { monotonicMs, pause = pauseUntil } = this.#context;
    const trigger = await answer(() => this.#parse(ref));
    await admit(trigger.request.series.reduce((sum, one) => sum + bytesOf(one), 0));
    let toldMs = -Infinity;
    while (!signal.aborted) {
      // A reading that fails tells nothing. The observer has been told why.
      const user = `keda-stream/${trigger.scaledObject}`;
      const value = await this.#readBy(trigger, client, user).catch(() => undefined);
      if (value !== undefined && !isAbove(trigger, value)) toldMs = -Infinity;
      else if (value !== undefined && monotonicMs() - toldMs >= repeatMs) {
        toldMs = monotonicMs();
        yield { result: true };
      }
      await pause(streamBeatMs, signal);
    }
  }

  #parse(ref: ScaledObjectRef | undefined): Trigger {
    return parseTrigger(ref, this.#context.parseRequest);
  }

  #read(trigger: Trigger, client: string): Promise<Value> {
    const value = this.#readBy(trigger, client, `keda/${trigger.scaledObject}`);
    const key = keyOf(trigger, client);
    this.#last.set(key, { atMs: this.#context.monotonicMs(), value });
    // After a failure the next call reads again.
    value.catch(() => {
      if (this.#last.peek(key)?.value === value) this.#last.delete(key);
    });
    return value;
  }

  /** @throws AdapterError */
  async #readBy({ request, read }: Trigger, client: string, user: string): Promise<Value> {
    const { reader, observer, clock, monotonicMs } = this.#context;
    const startMs = monotonicMs();
    const by = { namespace: kedaShareOf(client, read.namespace), user, longestWaitMs };
    const finish = (reading: Reading | undefined, error?: AdapterError) =>
      observer.readFinished({
        ...{ read, user, requestId: undefined, client: 'keda', error },
        source: reading?.source,
        ageMs: reading && ageMsOf(reading, clock.now()),
        durationMs: monotonicMs() - startMs,
      });
    try {
      // If KEDA gives a read up, its query goes on and serves the next one.
      const signal = new AbortController().signal;
      const reading = reader.fresh(request, by) ?? (await reader.read(request, signal, by));
      const value = valueOf(reading);
      finish(reading);
      return value;
    } catch (thrown) {
      const error = toAdapterError(thrown);
      finish(undefined, error);
      throw error;
    }
  }
}

async function answer<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw grpcError(toAdapterError(thrown));
  }
}

const keyOf = ({ read, scaledObject, metricName }: Trigger, client: string) =>
  JSON.stringify([client, read.namespace, scaledObject, metricName]);

const isAbove = ({ activation }: Trigger, { metricValueFloat }: Value) => metricValueFloat > activation;

/** Adds up the items as the HPA controller does: each is rounded up to a thousandth. */
function valueOf({ items }: Reading) {
  const most = maxQuantityValue * 1000n;
  const millis = items.map(({ sample }) => milliOf(sample.value));
  const sum = millis.reduce((total, one) => total + one, 0n);
  const milli = sum > most ? most : sum;
  // The integer is for KEDA before 2.17: rounded up, so that it is 0 only if the value is.
  return { metricValueFloat: Number(milli) / 1000, metricValue: (milli + 999n) / 1000n };
}

/** The value of a trigger in the two forms of KEDA's protocol. */
type Value = ReturnType<typeof valueOf>;

/** Returns the gRPC status of an error: KEDA shows its text in the events of the ScaledObject. */
export function grpcError({ code, message, grpcStatus }: AdapterError): ConnectError {
  const text = `${code}: ${message}`.slice(0, longestText).toWellFormed();
  return new ConnectError(text, Code[Code[grpcStatus] as keyof typeof Code]);
}
