import {
  checkLabelKey,
  checkLabelValue,
  malformedSelector,
  type Operator,
  type Requirement,
} from '../../grammar/label-selector.ts';
import { isRecord } from '../client/kube-object.ts';

/** Operators of `matchExpressions`, and their form in the text of a selector. */
const operators = new Map<unknown, Operator>([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
]);

/**
 * Returns the requirements that `parseLabelSelector` finds in the text which kube-controller-manager makes of a
 * LabelSelector. Source: `LabelSelectorAsSelector` of k8s.io/apimachinery, whose result is sorted by key.
 *
 * @param selector of a metric in an HPA. Undefined or null: no requirements
 * @throws AdapterError `SelectorMalformed` or `LabelValueTooLong` if kube-controller-manager refuses it too, and so never reads the metric
 */
export function selectorRequirements(selector: unknown): readonly Requirement[] {
  try {
    if (selector === undefined || selector === null) return [];
    const { matchLabels, matchExpressions } = recordOf(selector, 'the selector');
    const requirements = [
      ...Object.entries(recordOf(matchLabels ?? {}, 'matchLabels')).map(([key, value]) =>
        requirement(key, '=', [value]),
      ),
      ...listOf(matchExpressions ?? [], 'matchExpressions').map(expression),
    ];
    return requirements.sort((one, other) => Number(one.key > other.key) - Number(one.key < other.key));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw malformedSelector('Kubernetes refuses the selector', error);
  }
}

function expression(fields: unknown): Requirement {
  const { key, operator, values } = recordOf(fields, 'an item of matchExpressions');
  const known = operators.get(operator);
  if (known === undefined)
    throw new SyntaxError(`${JSON.stringify(operator)} is not a valid label selector operator`);
  const given = listOf(values ?? [], 'values');
  const isSet = known === 'in' || known === 'notin';
  if (isSet !== given.length > 0)
    throw new SyntaxError(`values of ${String(operator)} must ${isSet ? 'not ' : ''}be empty`);
  return requirement(key, known, given);
}

function requirement(key: unknown, operator: Operator, given: readonly unknown[]): Requirement {
  const name = textOf(key, 'a key');
  checkLabelKey(name);
  const values = given.map((value) => textOf(value, `a value of ${name}`));
  for (const value of values) checkLabelValue(name, value);
  return { key: name, operator, values: [...new Set(values)].sort() };
}

function recordOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw new SyntaxError(`${what} is not an object`);
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new SyntaxError(`${what} is not a list`);
}

function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new SyntaxError(`${what} is not a string`);
}
