import { AdapterError } from '../errors.ts';
import type { MetricDefinition } from './catalog.ts';
import { labelDefinitions, labelIdsOf, type LabelDefinition, type LabelId } from './labels.ts';
import type { Requirement } from '../grammar/label-selector.ts';

/** The values that a selector has for the labels of a metric. */
export class LabelValues {
  readonly #values = new Map<string, readonly string[]>();

  /** @throws AdapterError `LabelUnknown`, `OperatorUnsupported`, `LabelValueInvalid` */
  constructor(metric: MetricDefinition, requirements: readonly Requirement[]) {
    const labels = labelsOf(metric);
    const given = new Set<string>();
    for (const requirement of requirements) {
      const label = findLabel(labels, requirement.key);
      const { name } = label;
      if (given.has(name)) throw invalidValue(`${name} is given more than once`);
      given.add(name);
      const checked = checkRequirement(label, requirement);
      if (checked !== undefined) this.#values.set(name, checked);
    }
  }

  /** Undefined: the selector does not have the label. */
  all(label: LabelId | LabelDefinition): readonly string[] | undefined {
    const { name } = typeof label === 'string' ? labelDefinitions[label] : label;
    return this.#values.get(name);
  }

  one(id: LabelId): string | undefined {
    return this.all(id)?.[0];
  }
}

/** Returns the labels that a selector of the metric may have. */
export function labelsOf({ own }: MetricDefinition): readonly LabelDefinition[] {
  if (own === undefined) return Object.values(labelDefinitions);
  const ids = [...labelIdsOf('read'), ...(own.route === 'none' ? [] : labelIdsOf('route'))];
  return [...ids.map((id) => labelDefinitions[id]), ...own.labels];
}

/** Returns the label whose values tell the series of one query apart. */
export const routeLabelOf = ({ own }: MetricDefinition): string =>
  own?.groupLabel ?? labelDefinitions.route.name;

/** @throws AdapterError `LabelMissing` */
export function missingLabel({ name, description }: LabelDefinition): never {
  throw new AdapterError('LabelMissing', `label ${name} is missing (${description.replace(/\.$/, '')})`);
}

export const invalidValue = (what: string) => new AdapterError('LabelValueInvalid', what);

function findLabel(labels: readonly LabelDefinition[], key: string): LabelDefinition {
  const label = labels.find(({ name }) => name === key);
  if (label !== undefined) return label;
  const names = labels.map(({ name }) => name).join(', ');
  throw new AdapterError('LabelUnknown', `unknown label ${JSON.stringify(key)}; known are ${names}`);
}

/** Returns the values; undefined: the label counts as left out. */
function checkRequirement(
  label: LabelDefinition,
  { operator, values }: Requirement,
): readonly string[] | undefined {
  if (operator !== '=' && operator !== 'in') {
    const written = operator === 'exists' ? 'has no value' : `does not take the operator "${operator}"`;
    throw new AdapterError('OperatorUnsupported', `${label.name} ${written}`);
  }
  if (label.emptyIsNone === true && values.length === 1 && values[0] === '') return undefined;
  if (values.length > 1 && label.multiple !== true)
    throw invalidValue(`${label.name} takes one value, not ${values.length}`);
  const wrong = values.find((value) => !label.accepts(value));
  if (wrong === undefined) return values;
  throw invalidValue(`${label.name} is ${JSON.stringify(wrong)} and must be ${label.accepted}`);
}
