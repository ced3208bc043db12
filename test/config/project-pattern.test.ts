import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coversProjects, projectMatcher } from '../../src/config/project-pattern.ts';

/** Few letters, so that much of it matches. */
const textOf = (letters: string) =>
  fc.array(fc.constantFrom(...letters.split(' ')), { maxLength: 8 }).map((all) => all.join(''));
const project = textOf('a b');
const pattern = textOf('a b * *');

const asExpression = (text: string) => new RegExp(`^${text.replaceAll('*', '.*')}$`);

describe('a pattern of projects', () => {
  it.each([
    ['k8s-log-*', 'k8s-log-c1', true],
    ['k8s-log-*', 'k8s-log-', true],
    ['k8s-log-*', 'my-k8s-log-c1', false],
    ['*-prod', 'a-prod', true],
    ['*-prod', 'a-prod-2', false],
    ['a*a', 'a', false],
    ['a.c', 'abc', false],
    ['k8s-log-c1', 'k8s-log-c1', true],
    ['k8s-log-c1', 'k8s-log-c12', false],
  ])('%s matches %s: %j', (text, name, matches) => {
    expect(projectMatcher(text)(name)).toBe(matches);
  });

  it('matches what the same regular expression does', () => {
    fc.assert(
      fc.property(pattern, project, (text, name) => {
        expect(projectMatcher(text)(name)).toBe(asExpression(text).test(name));
      }),
      { numRuns: 5000 },
    );
  });

  it('covers another where it matches whatever the other does', () => {
    const fillings = ['', 'a', 'b', 'ab', 'ba', 'c', 'cc'];
    const namesOf = (text: string) => fillings.map((filling) => text.replaceAll('*', filling));
    fc.assert(
      fc.property(pattern, pattern, (text, other) => {
        expect(coversProjects(text, other)).toBe(namesOf(other).every((name) => projectMatcher(text)(name)));
      }),
      { numRuns: 5000 },
    );
  });

  it('is told at once from a long name that all but matches', () => {
    expect(projectMatcher(`${'*a'.repeat(30)}b`)('a'.repeat(100_000))).toBe(false);
  });
});
