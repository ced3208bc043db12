import { AdapterError } from '../errors.ts';
import type { MetricDefinition } from './catalog.ts';
import { labelDefinitions, labelIdsOf, type LabelDefinition, type LabelId } from './labels.ts';
import type { Requirement } from '../grammar/label-selector.ts';

/** What a selector chooses by one label: lines with one of the values (`in`), or all others (`notin`). */
export interface LabelChoice {
  readonly operator: 'in' | 'notin';
  /** Sorted and distinct, at least one. */
  readonly values: readonly string[];
}

/** The values that a selector has for the labels of a metric. */
export class LabelValues {
  /** @bound the requirements of one selector | the header of one request | - | a constant */
  readonly #choices = new Map<string, LabelChoice>();

  /** @throws AdapterError `LabelUnknown`, `OperatorUnsupported`, `LabelValueInvalid` */
  constructor(metric: MetricDefinition, requirements: readonly Requirement[]) {
    const labels = labelsOf(metric);
    const given = new Set<string>();
    for (const requirement of requirements) {
      const label = findLabel(metric, labels, requirement.key);
      const { name } = label;
      if (given.has(name)) throw invalidValue(`${name} is given more than once`);
      given.add(name);
      const checked = checkRequirement(label, requirement);
      if (checked !== undefined) this.#choices.set(name, checked);
    }
  }

  /** Undefined: the selector does not have the label. */
  choice(label: LabelId | LabelDefinition): LabelChoice | undefined {
    const { name } = typeof label === 'string' ? labelDefinitions[label] : label;
    return this.#choices.get(name);
  }

  /** Returns the values of a label that takes no negation. */
  all(label: LabelId | LabelDefinition): readonly string[] | undefined {
    return this.choice(label)?.values;
  }

  one(id: LabelId): string | undefined {
    return this.all(id)?.[0];
  }
}

const definitionOf = (id: LabelId): LabelDefinition => labelDefinitions[id];
const ofReadings = labelIdsOf('read', 'route', 'filter', 'window');
const ofForecasts = labelIdsOf('read', 'route', 'filter', 'forecast');

/** The routes of a user's metric are whatever its column holds. */
const anyRoute: LabelDefinition = {
  ...labelDefinitions.route,
  accepted: 'non-empty',
  accepts: (value) => value !== '',
};

/** Returns the labels that a selector of the metric may have. */
export function labelsOf({ own, isForecast }: MetricDefinition): readonly LabelDefinition[] {
  if (own === undefined) return (isForecast === true ? ofForecasts : ofReadings).map(definitionOf);
  const ids = [...labelIdsOf('read', 'window'), ...(own.route === 'none' ? [] : labelIdsOf('route'))];
  return [...ids.map((id) => (id === 'route' ? anyRoute : labelDefinitions[id])), ...own.labels];
}

/** Returns the label whose values tell the series of one query apart. */
export const routeLabelOf = ({ own }: MetricDefinition): string =>
  own?.groupLabel ?? labelDefinitions.route.name;

/** @throws AdapterError `LabelMissing` */
export function missingLabel({ name, description }: LabelDefinition): never {
  throw new AdapterError('LabelMissing', `label ${name} is missing (${description.replace(/\.$/, '')})`);
}

export const invalidValue = (what: string) => new AdapterError('LabelValueInvalid', what);

function findLabel(
  { name: metric, isForecast, own }: MetricDefinition,
  labels: readonly LabelDefinition[],
  key: string,
): LabelDefinition {
  const label = labels.find(({ name }) => name === key);
  if (label !== undefined) return label;
  const isNamed = (id: LabelId) => labelDefinitions[id].name === key;
  if (isForecast === true && labelIdsOf('window').some(isNamed))
    throw new AdapterError('LabelUnknown', `${key} is not for forecasts, which are made from whole minutes`);
  if (own === undefined && labelIdsOf('forecast').some(isNamed))
    throw new AdapterError(
      'LabelUnknown',
      `${key} is for forecasts, such as sls_ingress_qps_forecast, and not for ${metric}`,
    );
  const names = labels.map(({ name }) => name).join(', ');
  throw new AdapterError('LabelUnknown', `unknown label ${JSON.stringify(key)}; known are ${names}`);
}

/** The most values of one filter: each is a condition of the SQL, and a part of the names of its readings. */
const mostFilterValues = 30;

/** Returns undefined if the label counts as left out. */
function checkRequirement(
  label: LabelDefinition,
  { operator, values }: Requirement,
): LabelChoice | undefined {
  const { name, several, emptyIsNone } = label;
  const isNegated = operator === '!=' || operator === 'notin';
  if (operator !== '=' && operator !== 'in' && !(isNegated && several === 'lines')) {
    const written = operator === 'exists' ? 'has no value' : `does not take the operator "${operator}"`;
    throw new AdapterError('OperatorUnsupported', `${name} ${written}`);
  }
  if (emptyIsNone === true && values.length === 1 && values[0] === '') return undefined;
  if (values.length > 1 && several === undefined)
    throw invalidValue(`${name} takes one value, not ${values.length}`);
  if (values.length > mostFilterValues && several === 'lines')
    throw invalidValue(`${name} takes at most ${mostFilterValues} values, not ${values.length}`);
  const wrong = values.find((value) => !label.accepts(value));
  if (wrong === undefined) return { operator: isNegated ? 'notin' : 'in', values };
  throw invalidValue(`${name} is ${JSON.stringify(wrong)} and must be ${label.accepted}`);
}
