import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/errors.ts';
import { selectorRequirements } from '../../../src/kube/autoscalers/autoscaler-selector.ts';
import { parseLabelSelector, type Requirement } from '../../../src/grammar/label-selector.ts';
import '../../support/property-seed.ts';

interface Expression {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

/** What `labels.Requirement.String` of Go writes. */
function text({ key, operator, values = [] }: Expression): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  return `${key} ${operator.toLowerCase()} (${[...values].sort().join(',')})`;
}

/** The text that kube-controller-manager sends: its selector is sorted by key. */
function sent(matchLabels: Readonly<Record<string, string>>, expressions: readonly Expression[]): string {
  const parts = [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...expressions.map((one) => ({ key: one.key, text: text(one) })),
  ];
  return parts
    .sort((one, other) => (one.key < other.key ? -1 : 1))
    .map((part) => part.text)
    .join();
}

const name = fc.stringMatching(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,8}[A-Za-z0-9])?$/);
const key = fc.oneof(
  name,
  name.map((one) => `example.com/${one}`),
  fc.constantFrom('in', 'notin', 'sls.project', 'sls.ingress.route'),
);
const value = fc.oneof(name, fc.constantFrom('', 'in', 'notin'));
const expression: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({
    key,
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.array(value, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
);
const selector = fc
  .record({
    matchLabels: fc.dictionary(key, value, { maxKeys: 4 }),
    matchExpressions: fc.array(expression, { maxLength: 4 }),
  })
  .filter(({ matchLabels, matchExpressions }) => {
    const keys = [...Object.keys(matchLabels), ...matchExpressions.map((one) => one.key)];
    // Go does not define the order of equal keys.
    return new Set(keys).size === keys.length;
  });

const requirement = (
  key: string,
  operator: Requirement['operator'],
  ...values: readonly string[]
): Requirement => ({ key, operator, values });

describe('the selector of a metric', () => {
  it.each<[what: string, selector: unknown, expected: Requirement[]]>([
    ['none', undefined, []],
    ['null', null, []],
    ['an empty one', {}, []],
    ['one without content', { matchLabels: null, matchExpressions: null }, []],
    [
      'labels, sorted',
      { matchLabels: { 'sls.project': 'shop', 'sls.logstore': 'nginx-ingress' } },
      [requirement('sls.logstore', '=', 'nginx-ingress'), requirement('sls.project', '=', 'shop')],
    ],
    ['an empty value', { matchLabels: { a: '' } }, [requirement('a', '=', '')]],
    [
      'a set, each value once, sorted',
      { matchExpressions: [{ key: 'sls.ingress.route', operator: 'In', values: ['b', 'a', 'b'] }] },
      [requirement('sls.ingress.route', 'in', 'a', 'b')],
    ],
    [
      'the other operators',
      {
        matchExpressions: [
          { key: 'c', operator: 'DoesNotExist' },
          { key: 'b', operator: 'Exists', values: [] },
          { key: 'a', operator: 'NotIn', values: ['x'] },
        ],
      },
      [requirement('a', 'notin', 'x'), requirement('b', 'exists'), requirement('c', '!')],
    ],
  ])('becomes requirements: %s', (_, given, expected) => {
    expect(selectorRequirements(given)).toEqual(expected);
  });

  it('has the requirements that the parser finds in the text of kube-controller-manager', () => {
    fc.assert(
      fc.property(selector, (given) => {
        const { matchLabels, matchExpressions } = given;
        expect(selectorRequirements(given)).toEqual(parseLabelSelector(sent(matchLabels, matchExpressions)));
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[selector: unknown, why: string]>([
    ['a=b', 'the selector is not an object'],
    [{ matchLabels: ['a'] }, 'matchLabels is not an object'],
    [{ matchLabels: { a: 1 } }, 'a value of a is not a string'],
    [{ matchLabels: { a: 'b,c=d' } }, 'values[a]: Invalid value: "b,c=d"'],
    [{ matchLabels: { '-a': 'b' } }, 'key: Invalid value: "-a"'],
    [{ matchExpressions: {} }, 'matchExpressions is not a list'],
    [{ matchExpressions: ['a'] }, 'an item of matchExpressions is not an object'],
    [{ matchExpressions: [{ operator: 'Exists' }] }, 'a key is not a string'],
    [{ matchExpressions: [{ key: 'a' }] }, 'undefined is not a valid label selector operator'],
    [{ matchExpressions: [{ key: 'a', operator: 'in', values: ['b'] }] }, '"in" is not a valid label'],
    [{ matchExpressions: [{ key: 'a', operator: 'In' }] }, 'values of In must not be empty'],
    [
      { matchExpressions: [{ key: 'a', operator: 'NotIn', values: [] }] },
      'values of NotIn must not be empty',
    ],
    [{ matchExpressions: [{ key: 'a', operator: 'In', values: 'b' }] }, 'values is not a list'],
    [
      { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] },
      'values of Exists must be empty',
    ],
  ])('is refused: %j', (given, why) => {
    const refusal = catching(() => selectorRequirements(given));
    expect(refusal.code).toBe('SelectorMalformed');
    expect(refusal.what).toContain(`Kubernetes refuses the selector: `);
    expect(refusal.what).toContain(why);
  });

  it('with a value longer than 63 characters is refused, with the labels that take it in parts', () => {
    const refusal = catching(() =>
      selectorRequirements({ matchLabels: { 'sls.ingress.route': 'v'.repeat(64) } }),
    );
    expect(refusal.code).toBe('LabelValueTooLong');
    expect(refusal.message).toMatch(/must be no more than 63 bytes\. Give a longer route by its parts/);
  });
});

function catching(act: () => unknown): AdapterError {
  try {
    act();
  } catch (error) {
    if (error instanceof AdapterError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
