import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdapterError, toAdapterError } from '../errors.ts';
import { parseLabelSelector } from '../metric/label-selector.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import type { RequestParser } from '../metric/request-parser.ts';
import { groupVersion } from './discovery.ts';
import { Representations, sendBytes, sendError } from './encoding.ts';
import { goneSignal } from './gone-signal.ts';
import { requestIdOf } from './request-id.ts';
import { ReadingBodies, type MetricReading } from './reading-body.ts';
import { TextMemo } from './text-memo.ts';

/** What a read needs: whoever has the numbers. */
export interface MetricReader {
  /** The answer that is there already; undefined: it must be waited for. */
  fresh(request: MetricRequest): MetricReading | undefined;
  /** @throws AdapterError where there is no true number */
  read(request: MetricRequest, signal: AbortSignal, requestId?: string): Promise<MetricReading>;
}

/** What is told of every read, once. */
export interface ReadObserver {
  readFinished(event: {
    readonly namespace: string;
    readonly metric: string;
    readonly selector: string;
    /** What whoever asked calls it, or a number of our own; undefined for what was served from memory. */
    readonly requestId?: string | undefined;
    /** Undefined for a reading. */
    readonly error: AdapterError | undefined;
    /** Where the reading came from; undefined where there is none. */
    readonly source: MetricReading['source'] | undefined;
    /** From the end of the oldest window in the reading to now; undefined where there is none. */
    readonly ageMs: number | undefined;
    /** Of the monotonic clock. */
    readonly durationMs: number;
  }): void;
}

export interface ReadContext {
  readonly reader: MetricReader;
  readonly parseRequest: RequestParser;
  readonly observer: ReadObserver;
  readonly clock: { now(): number };
}

/** The route of every read. */
export const readRoute = `/apis/${groupVersion}/namespaces/:namespace/:metric`;

export interface ReadParams {
  readonly namespace: string;
  readonly metric: string;
}

/** Reads that are remembered by their URL, which holds for as long as the process: one a series, and some to spare. */
const maxKnownReads = 20_000;
const longestKnownUrl = 1024;

/** `GET /apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{metric}?labelSelector=…` */
export function createReadHandler({ reader, parseRequest, observer, clock }: ReadContext) {
  const requests = new TextMemo<MetricRequest>(maxKnownReads, longestKnownUrl);
  const representations = new Representations();
  const bodies = new ReadingBodies();
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply | Promise<FastifyReply> => {
    const startMs = performance.now();
    const { namespace, metric } = request.params as ReadParams;
    const finish = (error: AdapterError | undefined, reading: MetricReading | undefined): void => {
      observer.readFinished({
        namespace,
        metric,
        selector: selectorOf(request),
        requestId: reading?.source === 'fresh' ? undefined : requestIdOf(request),
        error,
        source: reading?.source,
        ageMs: reading && ageMsOf(reading, clock.now()),
        durationMs: performance.now() - startMs,
      });
    };
    const fail = (thrown: unknown): FastifyReply => {
      const error = toAdapterError(thrown);
      const sent = sendError(request, reply, error);
      finish(error, undefined);
      return sent;
    };
    try {
      const parsed = requests.get(request.url, () => parseRead(request, parseRequest));
      // Before SLS is asked for what nobody could read.
      const representation = representations.of(request);
      const succeed = (reading: MetricReading): FastifyReply => {
        const bytes = bodies.get(metric, reading, representation);
        const sent = sendBytes(reply, representation.mediaType, bytes);
        finish(undefined, reading);
        return sent;
      };
      const fresh = reader.fresh(parsed);
      if (fresh !== undefined) return succeed(fresh);
      return reader.read(parsed, goneSignal(reply), requestIdOf(request)).then(succeed).catch(fail);
    } catch (thrown) {
      return fail(thrown);
    }
  };
}

function ageMsOf({ items }: MetricReading, nowMs: number): number {
  const oldest = items.reduce((end, { sample }) => Math.min(end, sample.window.endSeconds), Infinity);
  return nowMs - oldest * 1000;
}

/** @throws AdapterError where it is no read of a metric that is served, or one that the namespace may not make */
function parseRead({ params, query }: FastifyRequest, parseRequest: RequestParser): MetricRequest {
  const { namespace, metric } = params as ReadParams;
  const { watch, labelSelector } = query as Readonly<Record<string, unknown>>;
  refuseWatch(watch);
  const selector = parseLabelSelector(singleParameter('labelSelector', labelSelector));
  return parseRequest(metric, namespace, selector);
}

/** As written; empty where there is none, or several. */
function selectorOf({ query }: FastifyRequest): string {
  const { labelSelector } = query as Readonly<Record<string, unknown>>;
  return typeof labelSelector === 'string' ? labelSelector : '';
}

function refuseWatch(watch: unknown): void {
  if (watch === undefined || watch === 'false' || watch === '0') return;
  throw new AdapterError('MethodUnsupported', 'external metrics cannot be watched');
}

function singleParameter(name: string, value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  throw new AdapterError('ParameterInvalid', `parameter ${name} is given more than once`);
}
