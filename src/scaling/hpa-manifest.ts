import { AdapterError } from '../errors.ts';
import { parseQuantityMilli } from '../grammar/quantity.ts';
import {
  defaultBehavior,
  type AutoscalerSpec,
  type Behavior,
  type ExternalMetricSpec,
  type ScalingPolicy,
  type ScalingRules,
} from './autoscaler-spec.ts';

/** An HPA as the controller sees it. */
export interface HpaManifest {
  readonly name: string;
  /** Undefined: the manifest has none. */
  readonly namespace: string | undefined;
  readonly spec: AutoscalerSpec;
  /** The selectors of `spec.metrics`, as the manifest has them. */
  readonly selectors: readonly unknown[];
  /** The types of metrics that are not External, such as `Resource cpu`. The model has none of these. */
  readonly otherMetrics: readonly string[];
  /** The whole object, to print it with other settings. */
  readonly object: Fields;
}

export type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Source: k8s.io/kubernetes, pkg/apis/autoscaling/validation. */
const longestWindowSeconds = 3600;
const longestPeriodSeconds = 1800;
const maxInt32 = 2 ** 31 - 1;

const refused = (path: string, what: string) =>
  new AdapterError('HpaInvalid', `the API server would refuse the HPA: ${path} ${what}`);

/**
 * Reads an HPA of autoscaling/v2 or v2beta2 with the defaults and the rules of the API server.
 *
 * @param scalesToZero whether the API server accepts `minReplicas: 0` (feature gate HPAScaleToZero)
 * @throws AdapterError `HpaInvalid`
 */
export function parseHpaManifest(object: unknown, scalesToZero = false): HpaManifest {
  const kind = isFields(object) ? object['kind'] : undefined;
  if (!isFields(object) || kind !== 'HorizontalPodAutoscaler')
    throw new AdapterError('HpaInvalid', `kind must be HorizontalPodAutoscaler, not ${JSON.stringify(kind)}`);
  const version = object['apiVersion'];
  if (version !== 'autoscaling/v2' && version !== 'autoscaling/v2beta2')
    throw new AdapterError('HpaInvalid', `apiVersion must be autoscaling/v2, not ${JSON.stringify(version)}`);
  const { name, namespace } = fieldsOf(object['metadata'], 'metadata');
  if (typeof name !== 'string' || name === '') throw refused('metadata.name', 'is missing');
  const spec = fieldsOf(object['spec'], 'spec');
  const minReplicas = wholeNumber(spec['minReplicas'] ?? 1, 'spec.minReplicas', scalesToZero ? 0 : 1);
  const maxReplicas = wholeNumber(spec['maxReplicas'], 'spec.maxReplicas', 1);
  if (maxReplicas < minReplicas)
    throw refused('spec.maxReplicas', `${maxReplicas} must be at least minReplicas, ${minReplicas}`);
  const all = listOf(spec['metrics'] ?? [], 'spec.metrics').map((metric, index) => ({
    metric: fieldsOf(metric, `spec.metrics[${index}]`),
    path: `spec.metrics[${index}]`,
  }));
  const external = all.filter(({ metric }) => metric['type'] === 'External');
  return {
    ...{ name, namespace: typeof namespace === 'string' ? namespace : undefined, object },
    spec: {
      ...{ minReplicas, maxReplicas, behavior: behaviorOf(spec['behavior']) },
      metrics: external.map(({ metric, path }) => externalMetric(metric, path)),
    },
    selectors: external.map(({ metric }) => identifierOf(metric)['selector']),
    otherMetrics: all.filter((one) => !external.includes(one)).map(({ metric }) => otherName(metric)),
  };
}

const identifierOf = (metric: Fields): Fields => {
  const external = metric['external'];
  const identifier = isFields(external) ? external['metric'] : undefined;
  return isFields(identifier) ? identifier : {};
};

function otherName(metric: Fields): string {
  const type = String(metric['type']);
  const source = metric[type.charAt(0).toLowerCase() + type.slice(1)];
  const name = isFields(source) ? (source['name'] ?? fieldsOf(source['metric'] ?? {}, 'metric')['name']) : '';
  return `${type} ${typeof name === 'string' ? name : ''}`.trim();
}

function externalMetric(metric: Fields, path: string): ExternalMetricSpec {
  const target = fieldsOf(
    fieldsOf(metric['external'], `${path}.external`)['target'],
    `${path}.external.target`,
  );
  const { name } = identifierOf(metric);
  if (typeof name !== 'string' || name === '') throw refused(`${path}.external.metric.name`, 'is missing');
  const field = target['averageValue'] === undefined ? 'value' : 'averageValue';
  const kind = field === 'value' ? 'Value' : 'AverageValue';
  if (target[field] === undefined || target['type'] !== kind)
    throw refused(
      `${path}.external.target`,
      'must have type AverageValue with averageValue, or type Value with value',
    );
  const targetMilli = quantityMilli(target[field], `${path}.external.target.${field}`);
  if (targetMilli <= 0) throw refused(`${path}.external.target.${field}`, 'must be above 0');
  return { name, kind, targetMilli };
}

function behaviorOf(behavior: unknown): Behavior | undefined {
  if (behavior === undefined || behavior === null) return undefined;
  const { scaleUp, scaleDown } = fieldsOf(behavior, 'spec.behavior');
  return {
    scaleUp: rulesOf(scaleUp, 'spec.behavior.scaleUp', defaultBehavior.scaleUp),
    scaleDown: rulesOf(scaleDown, 'spec.behavior.scaleDown', defaultBehavior.scaleDown),
  };
}

function rulesOf(value: unknown, path: string, defaults: ScalingRules): ScalingRules {
  if (value === undefined || value === null) return defaults;
  const { stabilizationWindowSeconds: window, selectPolicy, policies, tolerance } = fieldsOf(value, path);
  const select = selectPolicy ?? 'Max';
  if (select !== 'Max' && select !== 'Min' && select !== 'Disabled')
    throw refused(`${path}.selectPolicy`, 'must be Max, Min or Disabled');
  const given =
    policies === undefined || policies === null ? undefined : listOf(policies, `${path}.policies`);
  if (given?.length === 0) throw refused(`${path}.policies`, 'must have at least one policy');
  return {
    stabilizationWindowSeconds:
      window === undefined || window === null
        ? defaults.stabilizationWindowSeconds
        : wholeNumber(window, `${path}.stabilizationWindowSeconds`, 0, longestWindowSeconds),
    selectPolicy: select,
    policies:
      given?.map((policy, index) => policyOf(policy, `${path}.policies[${index}]`)) ?? defaults.policies,
    tolerance: tolerance === undefined || tolerance === null ? undefined : toleranceOf(tolerance, path),
  };
}

function policyOf(policy: unknown, path: string): ScalingPolicy {
  const { type, value, periodSeconds } = fieldsOf(policy, path);
  if (type !== 'Pods' && type !== 'Percent') throw refused(`${path}.type`, 'must be Pods or Percent');
  return {
    type,
    value: wholeNumber(value, `${path}.value`, 1),
    periodSeconds: wholeNumber(periodSeconds, `${path}.periodSeconds`, 1, longestPeriodSeconds),
  };
}

function toleranceOf(value: unknown, path: string): number {
  const milli = quantityMilli(value, `${path}.tolerance`);
  if (milli < 0) throw refused(`${path}.tolerance`, 'must be 0 or more');
  return milli / 1000;
}

function quantityMilli(value: unknown, path: string): number {
  try {
    if (typeof value !== 'string' && typeof value !== 'number') throw new SyntaxError('no Quantity');
    return Number(parseQuantityMilli(String(value)));
  } catch {
    throw refused(path, `must be a Quantity, such as 10 or 500m, not ${JSON.stringify(value)}`);
  }
}

function wholeNumber(value: unknown, path: string, least: number, most = maxInt32): number {
  const isWithin = Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  if (isWithin) return Number(value);
  const range = most === maxInt32 ? `of at least ${least}` : `from ${least} to ${most}`;
  throw refused(path, `must be a whole number ${range}, not ${JSON.stringify(value)}`);
}

function fieldsOf(value: unknown, path: string): Fields {
  if (isFields(value)) return value;
  throw refused(path, value === undefined ? 'is missing' : 'must be an object');
}

function listOf(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw refused(path, 'must be a list');
}
