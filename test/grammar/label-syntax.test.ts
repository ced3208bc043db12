import { describe, expect, it } from 'vitest';
import { checkLabelKey, checkLabelValue, maxLabelValueLength } from '../../src/grammar/label-syntax.ts';

const characters =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

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
