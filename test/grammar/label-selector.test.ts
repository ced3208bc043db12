import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import {
  checkLabelKey,
  checkLabelValue,
  maxLabelValueLength,
  parseLabelSelector,
  type Operator,
  type Requirement,
} from '../../src/grammar/label-selector.ts';

const requirement = (key: string, operator: Operator, ...values: readonly string[]): Requirement => ({
  key,
  operator,
  values,
});

/** Prints a selector as client-go does. */
function print(requirements: readonly Requirement[]): string {
  return requirements
    .map(({ key, operator, values }) => {
      if (operator === 'exists') return key;
      if (operator === '!') return `!${key}`;
      if (operator === 'in' || operator === 'notin') return `${key} ${operator} (${values.join(',')})`;
      return `${key}${operator}${values.join()}`;
    })
    .join(',');
}

const alphanumeric = fc.constantFrom('a', 'Z', '0', '9', 'i', 'n', 'o', 't');
const inner = fc.constantFrom('a', 'Z', '0', '9', '-', '_', '.');
const names = fc
  .tuple(alphanumeric, fc.array(inner, { maxLength: 61 }), alphanumeric)
  .map(([first, middle, last]) => `${first}${middle.join('')}${last}`);
const keys = fc.oneof(
  names,
  names.map((name) => `example.com/${name}`),
  fc.constantFrom('in', 'notin'),
);
const values = fc.oneof(names, fc.constant(''), fc.constantFrom('in', 'notin'));
const sets = fc.uniqueArray(values, { minLength: 1, maxLength: 4 }).map((set) => set.sort());
const requirements: fc.Arbitrary<Requirement> = fc.oneof(
  fc
    .tuple(keys, fc.constantFrom<Operator>('=', '!='), values)
    .map(([key, op, value]) => requirement(key, op, value)),
  fc
    .tuple(keys, fc.constantFrom<Operator>('in', 'notin'), sets)
    .map(([key, op, set]) => requirement(key, op, ...set)),
  fc.tuple(keys, fc.constantFrom<Operator>('exists', '!')).map(([key, op]) => requirement(key, op)),
  fc
    .tuple(keys, fc.constantFrom<Operator>('>', '<'), fc.maxSafeNat())
    .map(([key, op, number]) => requirement(key, op, String(number))),
);

const characters =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

describe('parseLabelSelector', () => {
  it.each<[string, Requirement[]]>([
    ['', []],
    [' \t\r\n', []],
    ['a=b', [requirement('a', '=', 'b')]],
    ['a==b', [requirement('a', '=', 'b')]],
    ['a!=b', [requirement('a', '!=', 'b')]],
    [' a\t= \n b ', [requirement('a', '=', 'b')]],
    ['a=', [requirement('a', '=', '')]],
    ['a=,b!=', [requirement('a', '=', ''), requirement('b', '!=', '')]],
    ['a', [requirement('a', 'exists')]],
    ['!a', [requirement('a', '!')]],
    ['! a , b', [requirement('a', '!'), requirement('b', 'exists')]],
    ['a>1', [requirement('a', '>', '1')]],
    ['a<9223372036854775807', [requirement('a', '<', '9223372036854775807')]],
    ['a in (b)', [requirement('a', 'in', 'b')]],
    ['a in(b,c)', [requirement('a', 'in', 'b', 'c')]],
    ['a notin ( c , b , c )', [requirement('a', 'notin', 'b', 'c')]],
    ['a in ()', [requirement('a', 'in', '')]],
    ['a in (,b)', [requirement('a', 'in', '', 'b')]],
    ['a in (b,)', [requirement('a', 'in', '', 'b')]],
    ['a in (b,,c)', [requirement('a', 'in', '', 'b', 'c')]],
    ['in in (in,notin)', [requirement('in', 'in', 'in', 'notin')]],
    ['in=notin,notin', [requirement('in', '=', 'notin'), requirement('notin', 'exists')]],
    ['z=1,a=2', [requirement('z', '=', '1'), requirement('a', '=', '2')]],
    ['a=1,a=1', [requirement('a', '=', '1'), requirement('a', '=', '1')]],
    ['example.com/a=b', [requirement('example.com/a', '=', 'b')]],
    [`a=${'v'.repeat(63)}`, [requirement('a', '=', 'v'.repeat(63))]],
  ])('parses the selector %j', (text, expected) => {
    expect(parseLabelSelector(text)).toEqual(expected);
  });

  it.each([
    [',', "found ',', expected: !, identifier, or 'end of string'"],
    ['=b', "found '=', expected: !, identifier, or 'end of string'"],
    ['(a)', "found '(', expected: !, identifier, or 'end of string'"],
    ['!', "found '', expected: identifier"],
    ['!!a', "found '!', expected: identifier"],
    ['!a=b', "found '=', expected: ',' or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    ['a=b,', "found '', expected: identifier after ','"],
    ['a,,b', "found ',', expected: identifier after ','"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['a=b)', "found ')', expected: ',' or 'end of string'"],
    ['a b', "found 'b', expected: in, notin, =, ==, !=, >, <"],
    ['a IN (b)', "found 'IN', expected: in, notin, =, ==, !=, >, <"],
    ['a(b)', "found '(', expected: in, notin, =, ==, !=, >, <"],
    ['a !b', "found '!', expected: in, notin, =, ==, !=, >, <"],
    ['a===b', "found '=', expected: identifier"],
    ['a<=1', "found '=', expected: identifier"],
    ['a=(b)', "found '(', expected: identifier"],
    ['a in', "found '', expected: '('"],
    ['a in b', "found 'b', expected: '('"],
    ['a in (', "found '', expected: ',' or ')'"],
    ['a in (b', "found '', expected: ',' or ')'"],
    ['a in (b c)', "found 'c', expected: ',' or ')'"],
    ['a in (b=c)', "found '=', expected: ',' or ')'"],
    ['a in ((b))', "found '(', expected: ',' or ')'"],
    ['a>', "for '>' the value of a must be an integer"],
    ['a>1.5', "for '>' the value of a must be an integer"],
    ['a<x', "for '<' the value of a must be an integer"],
    ['a<9223372036854775808', "for '<' the value of a must be an integer"],
    ['a=-b', `values[a]: Invalid value: "-b": a valid label must be an empty string or ${characters}`],
    [
      'sls.project=k8s-log-{cluster id}',
      `values[sls.project]: Invalid value: "k8s-log-{cluster": a valid label must be an empty string or ${characters}`,
    ],
    [
      'a in (b,"c")',
      `values[a]: Invalid value: "\\"c\\"": a valid label must be an empty string or ${characters}`,
    ],
    ['-a=b', `key: Invalid value: "-a": name part ${characters}`],
    ['a\u00a0=b', `key: Invalid value: "a\u00a0": name part ${characters}`],
    ['/a=b', 'key: Invalid value: "/a": prefix part must be a DNS subdomain of at most 253 characters'],
  ])('refuses the selector %j', (text, why) => {
    expect(() => parseLabelSelector(text)).toThrow(
      new AdapterError('SelectorMalformed', `unable to parse requirement: ${why}`),
    );
  });

  it('refuses a longer value than Kubernetes allows, with the way to give a longer route', () => {
    const value = 'v'.repeat(64);
    for (const written of [`a=${value}`, `a!=${value}`, `a in (b,${value})`])
      expect(() => parseLabelSelector(written)).toThrow(
        new AdapterError(
          'LabelValueTooLong',
          `unable to parse requirement: values[a]: Invalid value: "${value}": must be no more than 63 bytes`,
        ),
      );
  });

  it('parses every selector that it can print, to the same requirements', () => {
    fc.assert(
      fc.property(fc.array(requirements, { maxLength: 6 }), (list) => {
        expect(parseLabelSelector(print(list))).toEqual(list);
      }),
      { numRuns: 500 },
    );
  });

  it('allows white space between any two parts of a selector', () => {
    const space = fc.stringMatching(/^[ \t\r\n]{1,3}$/);
    fc.assert(
      fc.property(fc.array(requirements, { minLength: 1, maxLength: 4 }), space, (list, blank) => {
        const spaced = print(list).replaceAll(/==|!=|[=!(),<>]/g, (symbol) => `${blank}${symbol}${blank}`);
        expect(parseLabelSelector(spaced)).toEqual(list);
      }),
    );
  });

  it('returns requirements or throws SelectorMalformed for any text', () => {
    const noise = fc.array(
      fc.constantFrom('=', '!', '<', '>', '(', ')', ',', ' ', 'a', 'b', 'in', 'notin', '\u0000', '"', 'é'),
      {
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          noise.map((parts) => parts.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          const outcome = attempt(text);
          expect(Array.isArray(outcome) || outcome.code).toSatisfy((seen: unknown) =>
            [true, 'SelectorMalformed', 'LabelValueTooLong'].includes(seen as string),
          );
        },
      ),
      { numRuns: 3000 },
    );
  });
});

function attempt(text: string): Requirement[] | AdapterError {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    if (error instanceof AdapterError) return error;
    throw error;
  }
}

describe('checkLabelKey', () => {
  it.each([
    'a',
    'sls.ingress.route',
    'A_b-C.9',
    '1',
    'k'.repeat(63),
    'example.com/name',
    'a-b.c0/x',
    `${'p'.repeat(253)}/${'k'.repeat(63)}`,
  ])('accepts the label key %s', (key) => {
    expect(() => checkLabelKey(key)).not.toThrow();
  });

  it.each([
    ['', `name part ${characters}`],
    ['-a', `name part ${characters}`],
    ['a.', `name part ${characters}`],
    ['ключ', `name part ${characters}`],
    ['k'.repeat(64), 'name part must be no more than 63 bytes'],
    ['example.com/', `name part ${characters}`],
    ['/a', 'prefix part must be a DNS subdomain of at most 253 characters'],
    ['Example.com/a', 'prefix part must be a DNS subdomain of at most 253 characters'],
    ['a..b/c', 'prefix part must be a DNS subdomain of at most 253 characters'],
    [`${'p'.repeat(254)}/a`, 'prefix part must be a DNS subdomain of at most 253 characters'],
    ['a/b/c', "a qualified name has an optional DNS subdomain prefix and '/', then a name"],
  ])('refuses the label key %j', (key, why) => {
    expect(() => checkLabelKey(key)).toThrow(
      new SyntaxError(`key: Invalid value: ${JSON.stringify(key)}: ${why}`),
    );
  });
});

describe('checkLabelValue', () => {
  it.each(['', 'a', 'default-web-80', '15', 'a_b.c', 'v'.repeat(maxLabelValueLength)])(
    'takes %j',
    (value) => {
      expect(() => checkLabelValue('k', value)).not.toThrow();
    },
  );

  it.each([
    ['v'.repeat(64), 'must be no more than 63 bytes'],
    ['-a', `a valid label must be an empty string or ${characters}`],
    ['a-', `a valid label must be an empty string or ${characters}`],
    ['{cluster}', `a valid label must be an empty string or ${characters}`],
    ['a"b', `a valid label must be an empty string or ${characters}`],
  ])('refuses the label value %j', (value, why) => {
    expect(() => checkLabelValue('k', value)).toThrow(
      new SyntaxError(`values[k]: Invalid value: ${JSON.stringify(value)}: ${why}`),
    );
  });
});
