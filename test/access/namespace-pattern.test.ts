import { expect, it } from 'vitest';
import { NamespacePattern } from '../../src/access/namespace-pattern.ts';

const match = (pattern: string, text: string, namespace: string, rivals: readonly string[] = []) =>
  new NamespacePattern(pattern).match(text, { namespace, rivals });

it('puts the namespace of the asker in the place of each {namespace}', () => {
  expect(match('{namespace}-*-{namespace}', 'team-x-team', 'team')).toBe(true);
  expect(match('{namespace}-*-{namespace}', 'team-x-teams', 'team')).toBe(false);
  expect(new NamespacePattern('{namespace}-*').textFor('team')).toBe('team-*');
});

it.each(['*', '$&', '.*', '{namespace}'])('takes the namespace %j letter by letter', (namespace) => {
  expect(match('{namespace}-a', `${namespace}-a`, namespace)).toBe(true);
  expect(match('{namespace}-a', 'other-a', namespace)).toBe(false);
  expect(new NamespacePattern('{namespace}-a').textFor(namespace)).toBe(`${namespace}-a`);
});

it('leaves to a rival what matches with its name too, where the pattern has a name in it', () => {
  const rivals = ['team-b'];
  expect(match('{namespace}-*', 'team-b-svc-80', 'team', rivals)).toEqual({ claimedBy: 'team-b' });
  expect(match('{namespace}-*', 'team-bc-svc-80', 'team', rivals)).toBe(true);
  expect(match('{namespace}-*', 'other-80', 'team', rivals)).toBe(false);
  expect(match('team-*', 'team-b-svc-80', 'team', rivals)).toBe(true);
});
