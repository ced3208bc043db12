import fc from 'fast-check';
import { expect, it } from 'vitest';
import { patternsOverlap } from '../../src/config/pattern-overlap.ts';
import { projectMatcher } from '../../src/config/project-pattern.ts';

const pattern = fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 4 }).map((all) => all.join(''));

/** All texts of two letters up to a length that any two such patterns need, if they share one at all. */
const texts = Array.from({ length: 2 ** 9 - 1 }, (_, index) =>
  (index + 1).toString(2).slice(1).replaceAll('0', 'a').replaceAll('1', 'b'),
);

it('finds the patterns that have a text in common', () => {
  const outcomes = new Set<boolean>();
  fc.assert(
    fc.property(pattern, pattern, (one, other) => {
      const [matchesOne, matchesOther] = [projectMatcher(one), projectMatcher(other)];
      const shared = texts.some((text) => matchesOne(text) && matchesOther(text));
      expect(patternsOverlap(one, other)).toBe(shared);
      outcomes.add(shared);
    }),
    { numRuns: 5000 },
  );
  expect(outcomes.size).toBe(2);
});
