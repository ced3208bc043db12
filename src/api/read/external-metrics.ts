import type { IncomingHttpHeaders } from 'node:http';
import { parse as parseQuery } from 'node:querystring';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdapterError, toAdapterError } from '../../errors.ts';
import { parseLabelSelector } from '../../grammar/label-selector.ts';
import type { MetricRequest } from '../../metric/metric-request.ts';
import type { RequestParser } from '../../access/request-parser.ts';
import { groupVersion } from '../discovery/discovery.ts';
import { Representations, sendBytes, sendError, type Representation } from './encoding.ts';
import { goneSignal } from '../server/gone-signal.ts';
import { requestIdOf } from '../server/request-id.ts';
import { ReadingBodies, type MetricReading } from './reading-body.ts';
import { TextMemo } from './text-memo.ts';

/** What a read needs: whoever has the numbers. */
export interface MetricReader {
  /** The answer that is there already; undefined: it must be waited for. */
  fresh(request: MetricRequest): MetricReading | undefined;
  /** @throws AdapterError where there is no true number */
  read(request: MetricRequest, signal: AbortSignal, requestId?: string): Promise<MetricReading>;
}

/** One read, as it was asked for. */
export interface ReadName {
  readonly namespace: string;
  readonly metric: string;
  /** As written. */
  readonly selector: string;
}

/** What is told of every read, once. */
export interface ReadObserver {
  readFinished(event: {
    readonly read: ReadName;
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

/** A read that was understood once: the same URL asks for the same from then on. There are thousands of them. */
class KnownRead implements ReadName {
  /** As sent. */
  readonly url: string;
  readonly request: MetricRequest;
  /** The query parameter of that name. */
  readonly pretty: unknown;

  constructor(url: string, request: MetricRequest, pretty: unknown) {
    this.url = url;
    this.request = request;
    this.pretty = pretty;
  }

  get namespace(): string {
    return decodeURIComponent(this.url.split('/', 6)[5] ?? '');
  }

  get metric(): string {
    return this.request.metric.name;
  }

  get selector(): string {
    return selectorIn(parseQuery(this.url.slice(this.url.indexOf('?') + 1)));
  }
}

/** What is sent for a reading. */
export interface ReadAnswer {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** `GET /apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{metric}?labelSelector=…` */
export class ReadEndpoint {
  readonly #context: ReadContext;
  readonly #known = new TextMemo<KnownRead>(maxKnownReads, longestKnownUrl);
  readonly #representations = new Representations();
  readonly #bodies = new ReadingBodies();

  constructor(context: ReadContext) {
    this.#context = context;
  }

  /** @param url as sent */
  known(url: string): KnownRead | undefined {
    return this.#known.known(url);
  }

  /**
   * The answer from memory; undefined where there is none. Whoever asks must have been let in.
   *
   * @throws AdapterError `NotAcceptable`
   */
  fresh(read: KnownRead, headers: IncomingHttpHeaders): ReadAnswer | undefined {
    const startMs = performance.now();
    const representation = this.#representations.of(headers, read.pretty);
    const reading = this.#context.reader.fresh(read.request);
    return reading && this.#answer(read, reading, representation, startMs, undefined);
  }

  handle(request: FastifyRequest, reply: FastifyReply): FastifyReply | Promise<FastifyReply> {
    const startMs = performance.now();
    const { reader, parseRequest } = this.#context;
    const fail = (thrown: unknown): FastifyReply => {
      const error = toAdapterError(thrown);
      const sent = sendError(request, reply, error);
      this.#context.observer.readFinished({
        read: { ...(request.params as ReadParams), selector: selectorIn(request.query) },
        requestId: requestIdOf(request),
        error,
        source: undefined,
        ageMs: undefined,
        durationMs: performance.now() - startMs,
      });
      return sent;
    };
    try {
      const read = this.#known.get(request.url, (url) => understand(url, request, parseRequest));
      // Before SLS is asked for what nobody could read.
      const representation = this.#representations.of(request.headers, read.pretty);
      const succeed = (reading: MetricReading): FastifyReply => {
        const requestId = reading.source === 'fresh' ? undefined : requestIdOf(request);
        const { mediaType, bytes } = this.#answer(read, reading, representation, startMs, requestId);
        return sendBytes(reply, mediaType, bytes);
      };
      const fresh = reader.fresh(read.request);
      if (fresh !== undefined) return succeed(fresh);
      return reader.read(read.request, goneSignal(reply), requestIdOf(request)).then(succeed).catch(fail);
    } catch (thrown) {
      return fail(thrown);
    }
  }

  #answer(
    read: KnownRead,
    reading: MetricReading,
    representation: Representation,
    startMs: number,
    requestId: string | undefined,
  ): ReadAnswer {
    const { observer, clock } = this.#context;
    const bytes = this.#bodies.get(read.metric, reading, representation);
    observer.readFinished({
      read,
      requestId,
      error: undefined,
      source: reading.source,
      ageMs: ageMsOf(reading, clock.now()),
      durationMs: performance.now() - startMs,
    });
    return { mediaType: representation.mediaType, bytes };
  }
}

function ageMsOf({ items }: MetricReading, nowMs: number): number {
  const oldest = items.reduce((end, { sample }) => Math.min(end, sample.window.endSeconds), Infinity);
  return nowMs - oldest * 1000;
}

/** @throws AdapterError where it is no read of a metric that is served, or one that the namespace may not make */
function understand(url: string, { params, query }: FastifyRequest, parseRequest: RequestParser): KnownRead {
  const { namespace, metric } = params as ReadParams;
  const { watch, labelSelector, pretty } = query as Readonly<Record<string, unknown>>;
  refuseWatch(watch);
  const selector = parseLabelSelector(singleParameter('labelSelector', labelSelector));
  return new KnownRead(url, parseRequest(metric, namespace, selector), pretty);
}

/** As written; empty where there is none, or several. */
function selectorIn(query: unknown): string {
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
