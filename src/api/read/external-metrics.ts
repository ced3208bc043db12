import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { RequestParser } from '../../access/access-check.ts';
import { AdapterError, toAdapterError } from '../../errors.ts';
import { parseLabelSelector } from '../../grammar/label-selector.ts';
import { formatQuantity } from '../../grammar/quantity.ts';
import type { MetricRequest } from '../../metric/metric-request.ts';
import { bytesOf } from '../../metric/series.ts';
import type { ReadBy, Reading, ReadingItem, ReadingSource } from '../../reading/reader.ts';
import { shareOf } from '../../runtime/shares.ts';
import { groupVersion, listKind } from '../discovery/discovery.ts';
import { encodeObject, type Representation } from './encode.ts';
import { representationOf, sendBytes, sendError } from './representation.ts';

interface MetricReader {
  /**
   * @throws AdapterError if the exact number cannot be had
   */
  read(request: MetricRequest, signal: AbortSignal, by: ReadBy): Promise<Reading>;
  /** Returns the reading if it need not be waited for. */
  fresh(request: MetricRequest, by: ReadBy): Reading | undefined;
}

/** The last answer to a read. Sent again while its samples and the form that the client accepts are the same. */
interface Answer extends Representation {
  /** The headers of the request that chose the form. The URL has `pretty`. */
  readonly accept: string | undefined;
  readonly userAgent: string | undefined;
  readonly reading: Reading;
  readonly bytes: Buffer;
}

/** What a read names, as sent. */
export interface ReadName {
  readonly namespace: string;
  readonly metric: string;
  /** Empty if there is none, or more than one. */
  readonly selector: string;
}

export interface ReadObserver {
  /** Called once for each read. */
  readFinished(event: {
    readonly read: ReadName;
    /** The client's own id of the request, else a number of ours; KEDA has none. */
    readonly requestId: string | undefined;
    readonly user: string;
    /** Undefined: a client of the Kubernetes API. */
    readonly client?: 'keda';
    /** Undefined if the read succeeded. */
    readonly error: AdapterError | undefined;
    /** Undefined if the read failed. */
    readonly source: ReadingSource | undefined;
    /** From the end of the oldest window in the reading to now; undefined if the read failed. */
    readonly ageMs: number | undefined;
    /** By the monotonic clock. */
    readonly durationMs: number;
  }): void;
}

export interface ReadContext {
  readonly reader: MetricReader;
  readonly parseRequest: RequestParser;
  readonly observer: ReadObserver;
  readonly clock: { now(): number };
}

export const readRoute = `/apis/${groupVersion}/namespaces/:namespace/:metric`;

export type ReadParams = Pick<ReadName, 'namespace' | 'metric'>;

type Query = Readonly<Record<string, unknown>>;

/** One per series, with room to spare. */
const maxRequests = 20_000;
/** Few, because the samples of a read are mostly new when an HPA repeats it. Several readers of one metric gain. */
const maxAnswers = 1000;
const mostAnswerBytes = 2 * 1024 * 1024;
/** A longer answer, of many routes, is encoded at each read. */
const longestAnswerBytes = 16 * 1024;
/** Those that were read least recently are parsed again. */
const mostRequestBytes = 4 * 1024 * 1024;
/** A longer one, in characters, is parsed at each read, so that few clients do not take all of that. */
const longestUrl = 1024;

/** What a URL asks for. */
interface KnownRead {
  readonly name: ReadName;
  readonly asked: MetricRequest;
}

/** `GET /apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{metric}?labelSelector=…` */
export class ReadEndpoint {
  readonly #context: ReadContext;
  /**
   * HPAs repeat their reads, so each is parsed once. By URL.
   *
   * @bound {maxRequests} reads | {mostRequestBytes}, {longestUrl} characters each | longer ones are parsed each time | constants
   */
  readonly #reads = new LRUCache<string, KnownRead>({
    max: maxRequests,
    maxSize: mostRequestBytes,
    // The name repeats the texts of the URL.
    sizeCalculation: ({ asked }, url) =>
      asked.series.reduce((sum, one) => sum + bytesOf(one), 2 * url.length),
  });
  /** @bound {maxAnswers} answers | {mostAnswerBytes}, {longestAnswerBytes} each | longer ones are encoded each time | constants */
  readonly #answers = new LRUCache<MetricRequest, Answer>({
    max: maxAnswers,
    maxSize: mostAnswerBytes,
    sizeCalculation: ({ bytes }) => 500 + bytes.length,
  });

  /** Settles when the last of the long reads may be parsed: one in each turn of the event loop, so that short reads never wait for many. */
  #longReads: Promise<unknown> = Promise.resolve();

  constructor(context: ReadContext) {
    this.#context = context;
  }

  /** Answers at once if the reading is fresh: a promise for each request costs more than the rest of a warm read. */
  handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> | undefined {
    const startMs = performance.now();
    if (request.url.length <= longestUrl) return this.#answer(request, reply, startMs);
    const turn = this.#longReads.then(() => nextTurn());
    this.#longReads = turn;
    return turn.then(() => this.#answer(request, reply, startMs) ?? reply);
  }

  #answer(request: FastifyRequest, reply: FastifyReply, startMs: number): Promise<FastifyReply> | undefined {
    const { reader } = this.#context;
    const known = this.#reads.get(request.url);
    const name = known?.name ?? readNameOf(request);
    const requestId = requestIdOf(request);
    const finish = (result: Answer | AdapterError) => {
      this.#tell(name, { requestId, user: request.userName }, result, performance.now() - startMs);
      if (result instanceof AdapterError) return sendError(request, reply, result);
      return sendBytes(reply, result.mediaType, result.bytes);
    };
    let answer: Answer | AdapterError;
    try {
      const { asked } = known ?? this.#parse(name, request);
      const form = formOf(request, this.#answers.get(asked));
      const by = { namespace: shareOf(request.userName, name.namespace), user: request.userName, requestId };
      const fresh = reader.fresh(asked, by);
      if (fresh === undefined) {
        return reader
          .read(asked, request.signal, by)
          .then((reading) => this.#encode(asked, form, reading))
          .catch(toAdapterError)
          .then(finish);
      }
      answer = this.#encode(asked, form, fresh);
    } catch (error) {
      answer = toAdapterError(error);
    }
    finish(answer);
    return undefined;
  }

  #tell(
    read: ReadName,
    by: { readonly requestId: string; readonly user: string },
    result: Answer | AdapterError,
    durationMs: number,
  ): void {
    const { observer, clock } = this.#context;
    const hasFailed = result instanceof AdapterError;
    observer.readFinished({
      read,
      ...by,
      error: hasFailed ? result : undefined,
      source: hasFailed ? undefined : result.reading.source,
      ageMs: hasFailed ? undefined : ageMsOf(result.reading, clock.now()),
      durationMs,
    });
  }

  /** @throws AdapterError if it is not a read of a served metric, or one that the namespace may not make */
  #parse(name: ReadName, { url, query }: FastifyRequest): KnownRead {
    const { watch, labelSelector } = query as Query;
    if (watch !== undefined && watch !== 'false' && watch !== '0')
      throw new AdapterError('MethodUnsupported', 'external metrics cannot be watched');
    if (labelSelector !== undefined && typeof labelSelector !== 'string')
      throw new AdapterError('ParameterInvalid', 'parameter labelSelector is given more than once');
    const { namespace, metric, selector } = name;
    const asked = this.#context.parseRequest(metric, namespace, parseLabelSelector(selector));
    const read = { name, asked };
    if (url.length <= longestUrl) this.#reads.set(url, read);
    return read;
  }

  /** Returns the last answer again if nothing changed, else encodes the reading and keeps it as the last answer. */
  #encode(request: MetricRequest, form: Form, reading: Reading): Answer {
    const last = this.#answers.get(request);
    if (last !== undefined && form === last && haveSameSamples(last.reading, reading))
      return { ...last, reading };
    const encoded = encodeObject(externalMetricValueList(request.metric.name, reading.items), form);
    // A short buffer is a part of 8 KiB that Node shares out, and would keep all of them.
    const bytes = Buffer.from(encoded.buffer.slice(encoded.byteOffset, encoded.byteOffset + encoded.length));
    const answer = { ...form, reading, bytes };
    if (bytes.length <= longestAnswerBytes) this.#answers.set(request, answer);
    return answer;
  }
}

type Form = Omit<Answer, 'reading' | 'bytes'>;

/**
 * Returns the form of the answer: that of the last answer if the client asks for it in the same way. Called before SLS is
 * asked, so that a client that accepts no form costs no query.
 *
 * @throws AdapterError `NotAcceptable`
 */
function formOf(request: FastifyRequest, last: Answer | undefined): Form {
  const { accept, 'user-agent': userAgent } = request.headers;
  if (last !== undefined && last.accept === accept && last.userAgent === userAgent) return last;
  return { ...representationOf(request), accept, userAgent };
}

/** Items of one request differ in nothing but their samples. */
const haveSameSamples = ({ items }: Reading, other: Reading): boolean =>
  items.every(({ sample }, index) => sample === other.items[index]?.sample);

/** Returns the body of a reading. Source: k8s.io/metrics, ExternalMetricValueList. */
export function externalMetricValueList(metricName: string, items: readonly ReadingItem[]) {
  return {
    kind: listKind,
    apiVersion: groupVersion,
    metadata: {},
    items: items.map(({ labels, sample }) => ({
      metricName,
      metricLabels: labels,
      timestamp: new Date((sample.madeAtSeconds ?? sample.window.endSeconds) * 1000)
        .toISOString()
        .replace('.000Z', 'Z'),
      window: sample.window.endSeconds - sample.window.startSeconds,
      value: formatQuantity(sample.value),
    })),
  } as const;
}

export function ageMsOf({ items }: Reading, nowMs: number): number {
  const oldest = items.reduce((end, { sample }) => Math.min(end, sample.window.endSeconds), Infinity);
  return nowMs - oldest * 1000;
}

function readNameOf({ params, query }: FastifyRequest): ReadName {
  const { labelSelector } = query as Query;
  const selector = typeof labelSelector === 'string' ? labelSelector : '';
  return { ...(params as ReadParams), selector };
}

/** The form of gateways' and API servers' ids. Anything else must not get into a log. */
const plainId = /^[\w.:/+=-]{1,128}$/;

/** Returns the client's id (`X-Request-Id`, or `Audit-ID` of the API server), else a number of ours. */
function requestIdOf({ headers, id }: FastifyRequest): string {
  const given = headers['x-request-id'] ?? headers['audit-id'];
  return typeof given === 'string' && plainId.test(given) ? given : id;
}
