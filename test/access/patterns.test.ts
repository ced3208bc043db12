import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  matchesPieces,
  matchPattern,
  patternCovers,
  patternFor,
  patternsOverlap,
  textMatcher,
} from '../../src/access/patterns.ts';

/** Few letters, so that much of it matches. */
const textOf = (letters: string) =>
  fc.array(fc.constantFrom(...letters.split(' ')), { maxLength: 8 }).map((all) => all.join(''));
const anyText = textOf('a b');
const pattern = textOf('a b * *');

const asExpression = (text: string) => new RegExp(`^${text.replaceAll('*', '.*')}$`);

describe('a pattern', () => {
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
    expect(textMatcher(text)(name)).toBe(matches);
  });

  it('matches what the same regular expression matches', () => {
    fc.assert(
      fc.property(pattern, anyText, (text, name) => {
        expect(textMatcher(text)(name)).toBe(asExpression(text).test(name));
      }),
      { numRuns: 5000 },
    );
  });

  it('covers another if it matches every text that the other matches', () => {
    const fillings = ['', 'a', 'b', 'ab', 'ba', 'c', 'cc'];
    const namesOf = (text: string) => fillings.map((filling) => text.replaceAll('*', filling));
    fc.assert(
      fc.property(pattern, pattern, (text, other) => {
        expect(patternCovers(text, other)).toBe(namesOf(other).every((name) => textMatcher(text)(name)));
      }),
      { numRuns: 5000 },
    );
  });

  it('is decided at once for a long text that almost matches', () => {
    expect(textMatcher(`${'*a'.repeat(30)}b`)('a'.repeat(100_000))).toBe(false);
  });

  it('matches its pieces literally', () => {
    expect(matchesPieces(['a.c'], 'abc')).toBe(false);
    expect(matchesPieces(['*-', ''], 'team-a')).toBe(false);
    expect(matchesPieces(['*-', ''], '*-a')).toBe(true);
  });

  /** All texts of two letters, up to the length that any two such patterns need to have a text in common. */
  const texts = Array.from({ length: 2 ** 9 - 1 }, (_, index) =>
    (index + 1).toString(2).slice(1).replaceAll('0', 'a').replaceAll('1', 'b'),
  );

  it('overlaps another if they have a text in common', () => {
    const short = fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 4 }).map((all) => all.join(''));
    const outcomes = new Set<boolean>();
    fc.assert(
      fc.property(short, short, (one, other) => {
        const [matchesOne, matchesOther] = [textMatcher(one), textMatcher(other)];
        const shared = texts.some((text) => matchesOne(text) && matchesOther(text));
        expect(patternsOverlap(one, other)).toBe(shared);
        outcomes.add(shared);
      }),
      { numRuns: 5000 },
    );
    expect(outcomes.size).toBe(2);
  });
});

describe('a pattern of an access rule', () => {
  const match = (pattern: string, text: string, namespace: string, otherNamespaces: readonly string[] = []) =>
    matchPattern(pattern, text, { namespace, otherNamespaces });

  it('inserts the namespace of the reader for each {namespace}', () => {
    expect(match('{namespace}-*-{namespace}', 'team-x-team', 'team')).toBe(true);
    expect(match('{namespace}-*-{namespace}', 'team-x-teams', 'team')).toBe(false);
    expect(patternFor('{namespace}-*', 'team')).toBe('team-*');
  });

  it.each(['*', '$&', '.*', '{namespace}'])('matches the namespace %j literally', (namespace) => {
    expect(match('{namespace}-a', `${namespace}-a`, namespace)).toBe(true);
    expect(match('{namespace}-a', 'other-a', namespace)).toBe(false);
    expect(patternFor('{namespace}-a', namespace)).toBe(`${namespace}-a`);
  });

  it('leaves what also matches with the name of another namespace to that one, if the pattern has {namespace}', () => {
    const others = ['team-b'];
    expect(match('{namespace}-*', 'team-b-svc-80', 'team', others)).toEqual({ belongsTo: 'team-b' });
    expect(match('{namespace}-*', 'team-bc-svc-80', 'team', others)).toBe(true);
    expect(match('{namespace}-*', 'other-80', 'team', others)).toBe(false);
    expect(match('team-*', 'team-b-svc-80', 'team', others)).toBe(true);
  });
});
