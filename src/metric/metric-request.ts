import { AdapterError } from '../errors.ts';
import type { Catalog, MetricDefinition } from './catalog.ts';
import { labelDefinitions, type LabelDefinition, type LabelId } from './labels.ts';
import type { Requirement } from './label-selector.ts';
import type { LineFilters } from './line-filters.ts';

/** What is used where the selector is silent. */
export interface RequestDefaults {
  readonly project?: string | undefined;
  readonly logstore?: string | undefined;
}

/** A read of one metric, understood: the labels' meaning in types and units. */
export interface MetricRequest {
  readonly metric: MetricDefinition;
  readonly project: string;
  readonly logstore: string;
  /** Distinct routes, one item each; undefined: the whole logstore. */
  readonly routes: readonly string[] | undefined;
  readonly filters: LineFilters;
  readonly intervalSeconds: number;
  /** Undefined: the adapter's own. */
  readonly delaySeconds: number | undefined;
  readonly maxRetries: number;
  /** Whether SLS is asked over the VPC; undefined: as configured. */
  readonly internalEndpoint: boolean | undefined;
}

const defaultIntervalSeconds = 15;
const defaultMaxRetries = 5;

type LabelValues = Partial<Record<LabelId, readonly string[]>>;

/**
 * @param namespace the namespace in the path of the read: the HPA's
 * @throws AdapterError `MetricUnknown`, `LabelUnknown`, `OperatorUnsupported`, `LabelMissing`, `LabelValueInvalid`
 */
export function parseMetricRequest(
  metricName: string,
  namespace: string,
  requirements: readonly Requirement[],
  defaults: RequestDefaults,
  catalog: Catalog,
): MetricRequest {
  const metric = catalog.find(metricName);
  const values = collectValues(requirements);
  const one = (id: LabelId) => values[id]?.[0];
  for (const id of metric.requires) if (values[id] === undefined) missing(id);
  const number = (id: LabelId) => (one(id) === undefined ? undefined : Number(one(id)));
  return {
    metric,
    project: one('project') ?? defaults.project ?? missing('project'),
    logstore: one('logstore') ?? defaults.logstore ?? missing('logstore'),
    routes: routesOf(values, namespace),
    filters: filtersOf(values),
    intervalSeconds: number('interval') ?? defaultIntervalSeconds,
    delaySeconds: number('delay'),
    maxRetries: number('maxRetry') ?? defaultMaxRetries,
    internalEndpoint: one('internalEndpoint') === undefined ? undefined : one('internalEndpoint') === 'true',
  };
}

function collectValues(requirements: readonly Requirement[]): LabelValues {
  const values: LabelValues = {};
  const given = new Set<LabelId>();
  for (const requirement of requirements) {
    const [id, label] = findLabel(requirement.key);
    if (given.has(id)) throw new AdapterError('LabelValueInvalid', `${label.name} is given more than once`);
    given.add(id);
    const checked = checkRequirement(label, requirement);
    if (checked !== undefined) values[id] = checked;
  }
  return values;
}

function findLabel(key: string): [LabelId, LabelDefinition] {
  const entries = Object.entries(labelDefinitions) as [LabelId, LabelDefinition][];
  const entry = entries.find(([, { name }]) => name === key);
  if (entry === undefined) {
    const names = entries.map(([, { name }]) => name).join(', ');
    throw new AdapterError('LabelUnknown', `unknown label ${JSON.stringify(key)}; known are ${names}`);
  }
  return entry;
}

/** @returns the values; undefined where the label is as good as left out */
function checkRequirement(
  label: LabelDefinition,
  { operator, values }: Requirement,
): readonly string[] | undefined {
  if (operator !== '=' && operator !== 'in') {
    const written =
      operator === 'exists' ? 'stands without a value' : `does not take the operator "${operator}"`;
    throw new AdapterError('OperatorUnsupported', `${label.name} ${written}`);
  }
  if (label.emptyIsNone === true && values.length === 1 && values[0] === '') return undefined;
  if (values.length > 1 && !label.multiple) {
    throw new AdapterError('LabelValueInvalid', `${label.name} takes one value, not ${values.length}`);
  }
  const wrong = values.find((value) => !label.accepts(value));
  if (wrong !== undefined) {
    throw new AdapterError(
      'LabelValueInvalid',
      `${label.name} is ${JSON.stringify(wrong)} and must be ${label.accepted}`,
    );
  }
  return values;
}

function missing(id: LabelId): never {
  const { name, description } = labelDefinitions[id];
  throw new AdapterError('LabelMissing', `label ${name} is missing (${description.replace(/\.$/, '')})`);
}

function filtersOf({ host, method, status }: LabelValues): LineFilters {
  return {
    ...(host?.[0] === undefined ? {} : { host: host[0] }),
    ...(method?.[0] === undefined ? {} : { method: method[0] }),
    ...(status?.[0] === undefined ? {} : { status: status[0] }),
  };
}

function routesOf(values: LabelValues, namespace: string): readonly string[] | undefined {
  const part = (['service', 'port', 'namespace'] as const).find((id) => values[id] !== undefined);
  if (part === undefined) return values.route;
  if (values.route !== undefined) {
    const { route, [part]: given } = labelDefinitions;
    throw new AdapterError(
      'LabelValueInvalid',
      `${route.name} names the whole route and ${given.name} a part of one; keep one of them`,
    );
  }
  return [composedRoute(values, namespace)];
}

/** `{namespace}-{service}-{port}`: the name that nginx-ingress gives a backend. */
function composedRoute(values: LabelValues, namespace: string): string {
  const service = values.service?.[0] ?? missing('service');
  const port = values.port?.[0] ?? missing('port');
  return `${values.namespace?.[0] ?? namespace}-${service}-${port}`;
}
