import { labelsOf, type Catalog, type MetricDefinition, type OwnLabel } from './catalog.ts';
import {
  filterNames,
  labelDefinitions,
  type LabelChoice,
  type LabelDefinition,
  type LabelId,
  type WindowMode,
} from './labels.ts';
import { dnsLabelForm, dnsLabelWords, type Requirement } from '../grammar/label-selector.ts';
import { AdapterError } from '../errors.ts';
import { routePlaceholder } from './log-kind.ts';
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
  const choices = choicesOf(metric, requirements.map(withHosts(catalog)));
  for (const id of metric.requires ?? [])
    if (choices.get(labelDefinitions[id].name) === undefined) missingLabel(labelDefinitions[id]);
  const one = (id: LabelId) => choices.get(labelDefinitions[id].name)?.values[0];
  const number = (id: LabelId) => (one(id) === undefined ? undefined : Number(one(id)));
  const logName = (id: 'project' | 'logstore') =>
    one(id) ?? metric.own?.defaults[id] ?? defaults[id] ?? missingLabel(labelDefinitions[id]);
  const address = { project: logName('project'), logstore: logName('logstore') };
  const internalEndpoint = one('internalEndpoint');
  const isForecast = metric.isForecast === true;
  const group: SeriesGroup = {
    metric: catalog.inLogstore(metric, address),
    ...address,
    ...scopeOf(metric, choices, namespace),
    intervalSeconds: isForecast ? minuteSeconds : (number('interval') ?? defaultIntervalSeconds),
    delaySeconds: number('delay'),
    internalEndpoint: internalEndpoint === undefined ? undefined : internalEndpoint === 'true',
    windowMode: one('window') as WindowMode | undefined,
    ...(isForecast ? { forecast: termsOf(number('ahead'), number('quantile')) } : {}),
  };
  checkWindowMode(group);
  return { ...group, maxRetries: number('maxRetry') ?? defaultMaxRetries, series: seriesOf(group) };
}

const termsOf = (
  aheadSeconds = defaultTerms.aheadSeconds,
  quantile = defaultTerms.quantile,
): ForecastTerms => ({ aheadSeconds: Math.ceil(aheadSeconds / minuteSeconds) * minuteSeconds, quantile });

/** What a selector chooses, by the name of the label. A label that counts as left out is missing. */
type Choices = ReadonlyMap<string, LabelChoice>;

function choicesOf(metric: MetricDefinition, requirements: readonly Requirement[]): Choices {
  const labels = labelsOf(metric);
  /** @bound the requirements of one selector | the header of one request | - | a constant */
  const choices = new Map<string, LabelChoice>();
  for (const [index, requirement] of requirements.entries()) {
    const { key } = requirement;
    const label = labels.find(({ name }) => name === key) ?? unknownLabel(metric, labels, key);
    if (requirements.findIndex((other) => other.key === key) < index)
      throw invalidValue(`${key} is given more than once`);
    const choice = choiceOf(label, requirement);
    if (choice !== undefined) choices.set(key, choice);
  }
  return choices;
}

function unknownLabel(
  { name: metric, isForecast, own }: MetricDefinition,
  labels: readonly LabelDefinition[],
  key: string,
): never {
  const refuse = (what: string) => new AdapterError('LabelUnknown', what);
  const use = Object.values(labelDefinitions).find(({ name }) => name === key)?.use;
  if (isForecast === true && use === 'window')
    throw refuse(`${key} is not for forecasts, which are made from whole minutes`);
  if (own === undefined && use === 'forecast')
    throw refuse(`${key} is for forecasts, such as sls_ingress_qps_forecast, and not for ${metric}`);
  const names = labels.map(({ name }) => name).join(', ');
  throw refuse(`unknown label ${JSON.stringify(key)}; known are ${names}`);
}

/** The most values of one filter: each is a condition of the SQL, and a part of the names of its readings. */
const mostFilterValues = 30;
/** The most routes of one read: each is a series, and an item of the answer. */
const mostRoutes = 1000;

/** Returns undefined if the label counts as left out. */
function choiceOf(label: LabelDefinition, { operator, values }: Requirement): LabelChoice | undefined {
  const { name, several, emptyIsNone } = label;
  const isNegated = operator === '!=' || operator === 'notin';
  if (operator !== '=' && operator !== 'in' && !(isNegated && several === 'lines')) {
    const written = operator === 'exists' ? 'has no value' : `does not take the operator "${operator}"`;
    throw new AdapterError('OperatorUnsupported', `${name} ${written}`);
  }
  if (emptyIsNone === true && values.length === 1 && values[0] === '') return undefined;
  if (values.length > 1 && several === undefined)
    throw invalidValue(`${name} takes one value, not ${values.length}`);
  const most = several === 'lines' ? mostFilterValues : mostRoutes;
  if (values.length > most) throw invalidValue(`${name} takes at most ${most} values, not ${values.length}`);
  const wrong = values.find((value) => !label.accepts(value));
  if (wrong === undefined) return { operator: isNegated ? 'notin' : 'in', values };
  throw invalidValue(`${name} is ${JSON.stringify(wrong)} and must be ${label.accepted}`);
}

function missingLabel({ name, description }: LabelDefinition): never {
  throw new AdapterError('LabelMissing', `label ${name} is missing (${description.replace(/\.$/, '')})`);
}

const invalidValue = (what: string) => new AdapterError('LabelValueInvalid', what);

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
  choices: Choices,
  namespace: string,
): Pick<MetricRequest, 'routes' | 'filters'> {
  const routes = routesOf(choices, namespace);
  if (own === undefined) return { routes, filters: filtersOf(choices) };
  if (own.route === 'required' && routes === undefined) missingLabel(labelDefinitions.route);
  const values = new Map(own.labels.map((label) => [label.name, ownValuesOf(label, choices)] as const));
  const single = [...values].flatMap(([name, found]) =>
    name === own.groupLabel || found?.[0] === undefined ? [] : [[name, found[0]] as const],
  );
  const filters = { own: Object.fromEntries(single) };
  if (own.groupLabel === undefined) return { routes, filters };
  const grouped = values.get(own.groupLabel);
  if (routes === undefined) return { routes: grouped, filters };
  const [route = '', ...others] = routes;
  if (others.length > 0)
    throw invalidValue(
      `${labelDefinitions.route.name} takes one value beside ${own.groupLabel}, not ${routes.length}`,
    );
  return { routes: grouped, filters: { own: { ...filters.own, [routePlaceholder]: route } } };
}

function ownValuesOf(label: OwnLabel, choices: Choices): readonly string[] | undefined {
  const given = choices.get(label.name)?.values;
  if (given !== undefined) return given;
  if (label.default !== undefined) return [label.default];
  return label.optional ? undefined : missingLabel(label);
}

/** Shared, because nearly every request has none. */
const noFilters: LineFilters = {};

function filtersOf(choices: Choices): LineFilters {
  const given = filterNames.flatMap((id) => {
    const choice = choices.get(labelDefinitions[id].name);
    return choice === undefined ? [] : [[id, id === 'status' ? withoutCovered(choice) : choice] as const];
  });
  return given.length === 0 ? noFilters : Object.fromEntries(given);
}

/** A class covers its codes: `in (503,5xx)` is the same series as `5xx`. */
function withoutCovered({ operator, values }: LabelChoice): LabelChoice {
  const isCovered = (code: string) => !code.endsWith('xx') && values.includes(`${code.charAt(0)}xx`);
  return { operator, values: values.filter((value) => !isCovered(value)) };
}

function routesOf(choices: Choices, namespace: string): readonly string[] | undefined {
  const { route, service, port, namespace: ofNamespace } = labelDefinitions;
  const whole = choices.get(route.name)?.values;
  const part = [service, port, ofNamespace].find(({ name }) => choices.has(name));
  if (part === undefined) return whole;
  if (whole !== undefined)
    throw invalidValue(
      `${route.name} names the whole route and ${part.name} a part of one; keep one of them`,
    );
  const valueOf = (label: LabelDefinition) => choices.get(label.name)?.values[0];
  // The name that nginx-ingress gives a backend.
  const backend = `${valueOf(service) ?? missingLabel(service)}-${valueOf(port) ?? missingLabel(port)}`;
  return [`${valueOf(ofNamespace) ?? namespace}-${backend}`];
}
