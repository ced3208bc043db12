import type { Catalog, MetricDefinition, OwnLabel } from './catalog.ts';
import { filterNames, labelDefinitions, type LabelId, type WindowMode } from './labels.ts';
import { invalidValue, LabelValues, missingLabel, type LabelChoice } from './label-values.ts';
import type { Requirement } from '../grammar/label-selector.ts';
import { dnsLabelForm, dnsLabelWords } from '../grammar/names.ts';
import { AdapterError } from '../errors.ts';
import { routePlaceholder } from './own/placeholders.ts';
import {
  leastAdaptiveSeconds,
  mayAdapt,
  seriesOf,
  type ForecastTerms,
  type LineFilters,
  type Series,
  type SeriesGroup,
} from './series.ts';

/** Used if the selector names none. */
export interface RequestDefaults {
  readonly project?: string | undefined;
  readonly logstore?: string | undefined;
}

/** A read of one metric, with the labels as types and units. */
export interface MetricRequest extends SeriesGroup {
  readonly maxRetries: number;
  /** One for each route, in the order of the routes, or one for the whole logstore. */
  readonly series: readonly Series[];
}

export const defaultIntervalSeconds = 15;
export const defaultMaxRetries = 5;
export const defaultTerms: ForecastTerms = { aheadSeconds: 180, quantile: 0.9 };
/** A forecast is made from counts of whole minutes, of which the last one is its window. */
const minuteSeconds = 60;

/**
 * Turns the labels of a selector into a request.
 *
 * @param namespace the one in the path of the read: the HPA's
 * @throws AdapterError `MetricUnknown`, `NamespaceInvalid`, `LabelUnknown`, `OperatorUnsupported`, `LabelMissing`, `LabelValueInvalid`
 */
export function parseMetricRequest(
  metricName: string,
  namespace: string,
  requirements: readonly Requirement[],
  defaults: RequestDefaults,
  catalog: Catalog,
): MetricRequest {
  const metric = catalog.find(metricName);
  if (!dnsLabelForm.test(namespace))
    throw new AdapterError(
      'NamespaceInvalid',
      `namespace ${JSON.stringify(namespace)} cannot exist: it must be ${dnsLabelWords}`,
    );
  const values = new LabelValues(metric, requirements.map(withHosts(catalog)));
  for (const id of metric.requires ?? [])
    if (values.all(id) === undefined) missingLabel(labelDefinitions[id]);
  const defaultOf = (id: 'project' | 'logstore') =>
    metric.own?.defaults[id] ?? defaults[id] ?? missingLabel(labelDefinitions[id]);
  const number = (id: LabelId) => (values.one(id) === undefined ? undefined : Number(values.one(id)));
  const internalEndpoint = values.one('internalEndpoint');
  const address = {
    project: values.one('project') ?? defaultOf('project'),
    logstore: values.one('logstore') ?? defaultOf('logstore'),
  };
  const group: SeriesGroup = {
    metric: catalog.inLogstore(metric, address),
    ...address,
    ...scopeOf(metric, values, namespace),
    intervalSeconds:
      metric.isForecast !== true ? (number('interval') ?? defaultIntervalSeconds) : minuteSeconds,
    delaySeconds: number('delay'),
    internalEndpoint: internalEndpoint === undefined ? undefined : internalEndpoint === 'true',
    windowMode: values.one('window') as WindowMode | undefined,
    ...(metric.isForecast !== true ? {} : { forecast: termsOf(number('ahead'), number('quantile')) }),
  };
  checkWindowMode(group);
  return { ...group, maxRetries: number('maxRetry') ?? defaultMaxRetries, series: seriesOf(group) };
}

const termsOf = (
  aheadSeconds = defaultTerms.aheadSeconds,
  quantile = defaultTerms.quantile,
): ForecastTerms => ({ aheadSeconds: Math.ceil(aheadSeconds / minuteSeconds) * minuteSeconds, quantile });

/** @throws AdapterError `LabelValueInvalid` */
function checkWindowMode(group: SeriesGroup): void {
  if (group.windowMode !== 'adaptive' || mayAdapt(group)) return;
  const { window, interval } = labelDefinitions;
  throw invalidValue(
    group.metric.isRequestRate === true
      ? `${window.name}: adaptive needs ${interval.name} of ${leastAdaptiveSeconds} or more, not ${group.intervalSeconds}`
      : `${window.name}: adaptive is for rates of requests, such as sls_ingress_qps, and not for ${group.metric.name}: leave it out`,
  );
}

/** Returns a requirement with each alias of a host replaced by the host. */
const withHosts =
  ({ hosts }: Catalog) =>
  (requirement: Requirement): Requirement => {
    if (requirement.key !== labelDefinitions.host.name) return requirement;
    const values = requirement.values.map((value) => hosts.get(value) ?? value);
    return { ...requirement, values: [...new Set(values)].sort() };
  };

function scopeOf(
  { own }: MetricDefinition,
  values: LabelValues,
  namespace: string,
): Pick<MetricRequest, 'routes' | 'filters'> {
  const routes = routesOf(values, namespace);
  if (own === undefined) return { routes, filters: filtersOf(values) };
  if (own.route === 'required' && routes === undefined) missingLabel(labelDefinitions.route);
  const given = own.labels.map((label) => [label, ownValuesOf(label, values)] as const);
  const single = given.flatMap(([{ name }, found]) =>
    name === own.groupLabel || found?.[0] === undefined ? [] : [[name, found[0]] as const],
  );
  const filters = { own: Object.fromEntries(single) };
  const [, grouped] = given.find(([{ name }]) => name === own.groupLabel) ?? [];
  if (own.groupLabel === undefined) return { routes, filters };
  if (routes === undefined) return { routes: grouped, filters };
  const [route = '', ...others] = routes;
  if (others.length > 0)
    throw invalidValue(
      `${labelDefinitions.route.name} takes one value beside ${own.groupLabel}, not ${routes.length}`,
    );
  return { routes: grouped, filters: { own: { ...filters.own, [routePlaceholder]: route } } };
}

/** @throws AdapterError `LabelMissing` */
function ownValuesOf(label: OwnLabel, values: LabelValues): readonly string[] | undefined {
  const given = values.all(label);
  if (given !== undefined) return given;
  if (label.default !== undefined) return [label.default];
  return label.optional ? undefined : missingLabel(label);
}

/** Shared, because nearly every request has none. */
const noFilters: LineFilters = {};

function filtersOf(values: LabelValues): LineFilters {
  const given = filterNames.flatMap((id) => {
    const choice = values.choice(id);
    return choice === undefined ? [] : [[id, id === 'status' ? withoutCovered(choice) : choice] as const];
  });
  return given.length === 0 ? noFilters : Object.fromEntries(given);
}

/** A class covers its codes: `in (503,5xx)` is the same series as `5xx`. */
function withoutCovered({ operator, values }: LabelChoice): LabelChoice {
  const isCovered = (code: string) => !code.endsWith('xx') && values.includes(`${code.charAt(0)}xx`);
  return { operator, values: values.filter((value) => !isCovered(value)) };
}

function routesOf(values: LabelValues, namespace: string): readonly string[] | undefined {
  const part = (['service', 'port', 'namespace'] as const).find((id) => values.all(id) !== undefined);
  if (part === undefined) return values.all('route');
  if (values.all('route') !== undefined) {
    const { route, [part]: given } = labelDefinitions;
    throw invalidValue(
      `${route.name} names the whole route and ${given.name} a part of one; keep one of them`,
    );
  }
  return [composedRoute(values, namespace)];
}

/** `{namespace}-{service}-{port}`: the name that nginx-ingress gives a backend. */
function composedRoute(values: LabelValues, namespace: string): string {
  const service = values.one('service') ?? missingLabel(labelDefinitions.service);
  const port = values.one('port') ?? missingLabel(labelDefinitions.port);
  return `${values.one('namespace') ?? namespace}-${service}-${port}`;
}
