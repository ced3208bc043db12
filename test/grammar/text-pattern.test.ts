import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matchesPieces } from '../../src/grammar/text-pattern.ts';

const textOf = (letters: string) =>
  fc.array(fc.constantFrom(...letters.split(' ')), { maxLength: 8 }).map((all) => all.join(''));

it('matches what the same regular expression does, from start to end', () => {
  fc.assert(
    fc.property(textOf('a b * *'), textOf('a b'), (pattern, text) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
      expect(matchesPieces(pattern.split('*'), text)).toBe(expression.test(text));
    }),
    { numRuns: 5000 },
  );
});

it('takes pieces letter by letter', () => {
  expect(matchesPieces(['a.c'], 'abc')).toBe(false);
  expect(matchesPieces(['*-', ''], 'team-a')).toBe(false);
  expect(matchesPieces(['*-', ''], '*-a')).toBe(true);
});
