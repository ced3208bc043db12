import { AdapterError } from '../errors.ts';
import type { Requirement } from '../grammar/label-selector.ts';
import { forecastSuffix, type Catalog, type MetricDefinition } from '../metric/catalog.ts';
import { isIngressLog } from '../metric/log-kind.ts';
import { parseMetricRequest, type MetricRequest, type RequestDefaults } from '../metric/metric-request.ts';
import { seriesOf, type ForecastTerms, type Series } from '../metric/series.ts';
import type { AutoscalerSpec, ExternalMetricSpec } from '../scaling/autoscaler-spec.ts';
import type { HpaManifest } from '../scaling/hpa-manifest.ts';

/** An HPA with the metrics of the adapter that can be replayed. */
export interface ReplayedHpa {
  readonly manifest: HpaManifest;
  readonly namespace: string;
  /** With those metrics alone. */
  readonly spec: AutoscalerSpec;
  readonly requests: readonly MetricRequest[];
  /** Index in the manifest's list of External metrics of each metric in `spec`, and then of each that `forecasts` names. */
  readonly indices: readonly number[];
  /** That the HPA names beside them. */
  readonly forecasts: readonly ReplayedForecast[];
  /** What is left out, and why. */
  readonly notes: readonly string[];
}

export interface ReplayedForecast {
  readonly metric: ExternalMetricSpec;
  readonly series: readonly Series[];
}

interface ReplayContext {
  readonly catalog: Catalog;
  readonly defaults: RequestDefaults;
  /** Used if the manifest has none. */
  readonly namespace: string;
  readonly requirementsOf: (selector: unknown) => readonly Requirement[];
}

/** Whether the values of two windows add up, so that the metric depends on the traffic and not on the replicas. */
const addsUp = ({ unit, aggregates, logKind }: MetricDefinition): boolean =>
  isIngressLog(logKind)
    ? unit !== 'ms' && unit !== 'ratio'
    : Object.values(aggregates).every((sql) =>
        /^\s*(sum|count|count_if)\s*\([^()]*(\([^()]*\)[^()]*)*\)(\s*\/\s*\{window\})?\s*$/i.test(sql),
      );

/** @throws AdapterError `HpaUnsuited` without a metric to replay; those of the selector of such a metric */
export function replayedHpa(manifest: HpaManifest, context: ReplayContext): ReplayedHpa {
  const namespace = manifest.namespace ?? context.namespace;
  const metrics: ExternalMetricSpec[] = [];
  const requests: MetricRequest[] = [];
  const indices: number[] = [];
  const forecasts: ReplayedForecast[] = [];
  const forecastIndices: number[] = [];
  const notes = manifest.otherMetrics.map(
    (name) => `The metric ${name} is left out: the log does not have it.`,
  );
  const known = new Map(context.catalog.metrics.map((metric) => [metric.name, metric]));
  for (const [index, metric] of manifest.spec.metrics.entries()) {
    const definition = known.get(metric.name);
    if (definition === undefined)
      notes.push(`The metric ${metric.name} is left out: the adapter does not serve it.`);
    else if (!addsUp(definition))
      notes.push(
        `The metric ${metric.name} is left out: it would have been different with other replicas, and the log cannot say how.`,
      );
    else {
      const requirements = context.requirementsOf(manifest.selectors[index]);
      const { defaults, catalog } = context;
      const request = parseMetricRequest(metric.name, namespace, requirements, defaults, catalog);
      if (definition.isForecast === true) {
        forecasts.push({ metric, series: request.series });
        forecastIndices.push(index);
      } else {
        requests.push(request);
        metrics.push(metric);
        indices.push(index);
      }
    }
  }
  if (metrics.length === 0) {
    const names = [...manifest.spec.metrics.map(({ name }) => name), ...manifest.otherMetrics];
    const has = names.length === 0 ? 'it has no metric' : `it has ${names.join(', ')}`;
    throw new AdapterError('HpaUnsuited', `HPA ${manifest.name}: no metric can be replayed; ${has}`);
  }
  for (const { name, kind } of metrics)
    if (kind === 'Value')
      notes.push(
        `The metric ${name} has a target of type Value: while pods start, the HPA asks for too few (it multiplies by the ready pods). AverageValue does not.`,
      );
  return {
    ...{ manifest, namespace, spec: { ...manifest.spec, metrics }, requests, forecasts, notes },
    indices: [...indices, ...forecastIndices],
  };
}

/** Returns for each metric of the HPA its forecast, with the same target. */
export const addedForecasts = (
  { spec, requests }: ReplayedHpa,
  { metrics }: Catalog,
  forecast: ForecastTerms,
): ReplayedForecast[] =>
  spec.metrics.flatMap((metric, index) => {
    const definition = metrics.find(({ name }) => name === `${metric.name}${forecastSuffix}`);
    const of = requests[index];
    if (definition === undefined || of === undefined) return [];
    const group = { ...of, metric: definition, intervalSeconds: 60, forecast };
    return {
      metric: { ...metric, name: definition.name },
      series: seriesOf({ ...group, windowMode: undefined, delaySeconds: undefined }),
    };
  });

const isOfRequestsAlone = ({ metric }: Pick<MetricRequest, 'metric'>) =>
  Object.keys(metric.aggregates).join() === 'requests';

/**
 * Returns the HPA with the one metric that counts of requests make up, the first of that kind, and such forecasts.
 *
 * @throws AdapterError `HpaUnsuited`
 */
export function ofRequestsAlone(hpa: ReplayedHpa): ReplayedHpa {
  const { spec, requests, indices, forecasts, notes, manifest } = hpa;
  const counted = requests.findIndex(isOfRequestsAlone);
  const [metric, request, index] = [spec.metrics[counted], requests[counted], indices[counted]];
  if (metric === undefined || request === undefined || index === undefined)
    throw new AdapterError('HpaUnsuited', `HPA ${manifest.name}: no metric of it counts requests alone`, {
      remedy: 'Replay it from SLS or from an access log.',
    });
  const kept = forecasts.filter(({ series }) => series.every(isOfRequestsAlone));
  const others = [...spec.metrics, ...forecasts.map((one) => one.metric)].filter(
    (one) => one !== metric && !kept.some((forecast) => forecast.metric === one),
  );
  return {
    ...{ ...hpa, spec: { ...spec, metrics: [metric] }, requests: [request], forecasts: kept },
    indices: [index, ...kept.map((one) => indices[spec.metrics.length + forecasts.indexOf(one)] ?? -1)],
    notes: [
      ...notes,
      ...others.map(({ name }) => `The metric ${name} is left out: the file has only counts of requests.`),
    ],
  };
}
