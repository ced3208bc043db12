import { describe, expect, it } from 'vitest';
import { wholeMatcher } from '../../../src/config/own-metrics/label-pattern.ts';
import { expectWithin, processorMs } from '../../support/own-time.ts';

const faultOf = (pattern: string): string => {
  try {
    wholeMatcher(pattern);
    return 'none';
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
};

describe('the pattern of a label', () => {
  it.each<[pattern: string, matching: readonly string[], others: readonly string[]]>([
    ['[a-z]+', ['a', 'model'], ['', 'A', 'a1', 'a\n', '1a']],
    ['a|ab', ['a', 'ab'], ['abc', 'b']],
    ['^(blue|green)-\\d+$', ['blue-1', 'green-20'], ['blue-', 'red-1', 'blue-1\n', 'blue-٣']],
    ['(?<name>v[0-9]+)(\\.[0-9]+){0,2}', ['v1', 'v1.2.3'], ['v', 'v1.2.3.4']],
    ['\\p{Lu}\\p{Ll}*', ['Ärger', 'A'], ['ärger', 'AB']],
    ['\\x{41}.', ['A😀', 'Ab'], ['A', 'Abc']],
    ['(?i)model', ['MODEL', 'model'], ['models']],
    ['', [''], ['a']],
  ])('%s matches a whole value', (pattern, matching, others) => {
    const matches = wholeMatcher(pattern);
    expect(matching.filter((text) => !matches(text))).toEqual([]);
    expect(others.filter(matches)).toEqual([]);
  });

  it.each([
    ['(a+)+b', 'a'],
    ['(a|a)*b', 'a'],
    ['(a|aa)+', 'a'],
    ['([a-z0-9]+-?)+', 'a'],
    ['(.*)*(.*)*(.*)*b', 'a'],
    ['(\\w+\\s?)+x', 'a'],
  ])('%s takes no time that grows faster than its value', (pattern, character) => {
    const matches = wholeMatcher(pattern);
    const match = () => [63, 500, 1000].forEach((length) => matches(`${character.repeat(length - 1)}!`));
    expectWithin(processorMs(match), 500);
    expect(matches(character.repeat(1001))).toBe(false);
  });

  const listThem = 'list what may match instead, such as (blue|green)-[0-9]+';
  it.each([
    ['(?=a)b', `must not look ahead or behind, as (?=…) does: ${listThem}`],
    ['(?!a)b', `must not look ahead or behind, as (?=…) does: ${listThem}`],
    ['(?<=a)b', `must not look ahead or behind, as (?=…) does: ${listThem}`],
    ['(?<!a)b', `must not look ahead or behind, as (?=…) does: ${listThem}`],
    ['(a)\\1', `must not refer back to a group, as \\1 does: ${listThem}`],
    ['(?<n>a)\\k<n>', `must not refer back to a group, as \\1 does: ${listThem}`],
    ['\\u0041', 'must give the number of a character as \\x{41} does, not as \\u0041 does'],
    ['(', 'must be a regular expression as RE2 reads it: missing closing ): `(`'],
    ['a{1001}', 'must be a regular expression as RE2 reads it: invalid repeat count: `{1001}`'],
    ['(x{0,30}){0,30}', 'must repeat less: {1,63} inside of another repetition multiplies its size'],
    ['a'.repeat(501), 'must have at most 500 characters'],
  ])('%s is refused with what to write instead', (pattern, fault) => {
    expect(faultOf(pattern)).toBe(fault);
  });
});
