import { expect, it } from 'vitest';
import type { AccessRule } from '../../src/access/access-rules.ts';
import { reopenedRules, reopenedText } from '../../src/access/reopened-rules.ts';

const team: AccessRule = { name: 'team', namespaces: ['team', 'other'], routes: ['team-*'] };
const named = (name: string, rule: Partial<AccessRule>): AccessRule => ({ name, namespaces: ['*'], ...rule });

it.each<[why: string, wide: AccessRule, namespaces: readonly string[]]>([
  ['a rule for all namespaces', named('all', {}), ['team', 'other']],
  ['a pattern of namespaces', named('all', { namespaces: ['te*'] }), ['team']],
  ['wider routes', named('all', { routes: ['t*'] }), ['team', 'other']],
  ['wider routes of the namespace', named('all', { routes: ['{namespace}*'] }), ['team']],
])('finds a rule that %s makes useless', (_, wide, namespaces) => {
  expect(reopenedRules([team, wide])).toEqual([{ rule: 'team', openedBy: 'all', namespaces }]);
  expect(reopenedRules([wide, team])).toEqual([{ rule: 'team', openedBy: 'all', namespaces }]);
});

it.each<[why: string, other: AccessRule]>([
  ['allows the same', named('all', { routes: ['{namespace}-*'], namespaces: ['team'] })],
  ['is for other namespaces', named('all', { namespaces: ['ops'] })],
  ['allows other routes', named('all', { routes: ['shop-*'] })],
  // The first rule then adds the other logstores.
  ['allows one logstore', named('all', { logstores: ['nginx-ingress'] })],
])('finds none beside a rule that %s', (_, other) => {
  expect(reopenedRules([team, other])).toEqual([]);
});

it('finds no rule for all namespaces that an exception for one makes useless', () => {
  const own = named('own', { routes: ['{namespace}-*'] });
  expect(reopenedRules([own, named('monitoring', { namespaces: ['monitoring'] })])).toEqual([]);
});

it('names both rules and the namespaces', () => {
  expect(reopenedRules([team, named('all', {})]).map(reopenedText)).toEqual([
    'access rule "team" narrows nothing for namespace team, other, since rule "all" allows more: any rule that allows a read is enough',
  ]);
});
