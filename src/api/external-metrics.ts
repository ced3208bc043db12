import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdapterError, toAdapterError } from '../errors.ts';
import { parseLabelSelector } from '../metric/label-selector.ts';
import { parseMetricRequest, type MetricRequest, type RequestDefaults } from '../metric/metric-request.ts';
import { formatQuantity } from '../metric/quantity.ts';
import { windowSeconds, type Sample } from '../metric/sample.ts';
import { groupVersion, listKind } from './discovery.ts';
import { encodeObject, representationOf, sendBytes, sendError } from './encoding.ts';

/** What a read needs: whoever has the numbers. */
export interface MetricReader {
  /** @throws AdapterError where there is no true number */
  read(request: MetricRequest, signal: AbortSignal): Promise<{ readonly items: readonly MetricItem[] }>;
}

export interface MetricItem {
  readonly labels: Readonly<Record<string, string>>;
  readonly sample: Sample;
}

/** What is told of every read, once. */
export interface ReadObserver {
  readFinished(event: {
    readonly namespace: string;
    readonly metric: string;
    readonly selector: string;
    /** Undefined for a reading. */
    readonly error: AdapterError | undefined;
    readonly durationMs: number;
  }): void;
}

export interface ReadContext {
  readonly reader: MetricReader;
  readonly defaults: RequestDefaults;
  readonly observer: ReadObserver;
  readonly clock: { now(): number };
}

/** The route of every read. */
export const readRoute = `/apis/${groupVersion}/namespaces/:namespace/:metric`;

export interface ReadParams {
  readonly namespace: string;
  readonly metric: string;
}

/** The body of a reading. Source: k8s.io/metrics, ExternalMetricValueList. */
export function externalMetricValueList(metricName: string, items: readonly MetricItem[]) {
  return {
    kind: listKind,
    apiVersion: groupVersion,
    metadata: {},
    items: items.map(({ labels, sample }) => ({
      metricName,
      metricLabels: labels,
      timestamp: new Date(sample.window.endSeconds * 1000).toISOString().replace('.000Z', 'Z'),
      window: windowSeconds(sample.window),
      value: formatQuantity(sample.value),
    })),
  } as const;
}

/** `GET /apis/external.metrics.k8s.io/v1beta1/namespaces/{namespace}/{metric}?labelSelector=…` */
export function createReadHandler(context: ReadContext) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { namespace, metric } = request.params as ReadParams;
    const { clock, observer } = context;
    const startMs = clock.now();
    const gone = new AbortController();
    reply.raw.on('close', () => gone.abort());
    let selector = '';
    let error: AdapterError | undefined;
    try {
      const query = request.query as Record<string, unknown>;
      refuseWatch(query['watch']);
      selector = singleParameter('labelSelector', query['labelSelector']);
      const parsed = parseMetricRequest(metric, namespace, parseLabelSelector(selector), context.defaults);
      // Before SLS is asked for what nobody could read.
      const representation = representationOf(request);
      const { items } = await context.reader.read(parsed, gone.signal);
      const bytes = encodeObject(externalMetricValueList(metric, items), representation);
      return await sendBytes(reply, representation.mediaType, bytes);
    } catch (thrown) {
      error = toAdapterError(thrown);
      return await sendError(request, reply, error);
    } finally {
      observer.readFinished({ namespace, metric, selector, error, durationMs: clock.now() - startMs });
    }
  };
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
