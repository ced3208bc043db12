import { expect, it } from 'vitest';
import { matchPattern, patternFor } from '../../src/access/namespace-pattern.ts';

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
