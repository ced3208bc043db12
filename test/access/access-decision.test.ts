import { describe, expect, it } from 'vitest';
import { createAccessCheck, type AccessPolicy } from '../../src/access/access-check.ts';
import { decideAccess, readersOf } from '../../src/access/access-decision.ts';
import type { AccessRule } from '../../src/access/access-rules.ts';
import { nothing, ownOnly } from './refusal.ts';

const threeRules: AccessPolicy = {
  ownRoutesOnly: false,
  knownNamespaces: [],
  rules: [
    { name: 'own', namespaces: ['*'], routes: ['{namespace}-*'] },
    { name: 'shared', namespaces: ['shop'], routes: ['public-*', 'shop-*'] },
    { name: 'all', namespaces: ['monitoring'] },
  ],
};

const decide = (
  namespace: string,
  routes: readonly string[] | undefined,
  changes: Partial<AccessPolicy> = {},
) =>
  decideAccess(
    { ...threeRules, ...changes },
    { namespace, project: 'p1', logstore: 'l1', routes, routeNamespace: undefined },
  );

describe('decideAccess', () => {
  it('names the first rule that allows each route, once', () => {
    const routes = ['shop-web-80', 'public-web-80', 'shop-api-80'];
    expect(decide('shop', routes)).toEqual({
      refusal: undefined,
      ownRoutesOnly: false,
      allowedBy: ['own', 'shared'],
    });
  });

  it('names the rule that allows a whole logstore', () => {
    expect(decide('monitoring', undefined).allowedBy).toEqual(['all']);
  });

  it('names no rule if one route is refused, and says why', () => {
    const { refusal, allowedBy } = decide('shop', ['shop-web-80', 'bank-web-80']);
    expect(refusal).toMatchObject({ code: 'AccessDenied' });
    expect(refusal?.what).toContain('route "bank-web-80"');
    expect(allowedBy).toEqual([]);
  });

  it('names no rule if there are none', () => {
    const open = { refusal: undefined, ownRoutesOnly: false, allowedBy: [] };
    expect(decide('shop', undefined, { rules: [] })).toEqual(open);
    expect(decide('shop', ['shop-web-80'], { rules: [], ownRoutesOnly: true })).toEqual({
      ...open,
      ownRoutesOnly: true,
    });
  });
});

describe('readersOf', () => {
  const read = (...routes: readonly string[]) => ({
    ...{ namespace: 'ops', project: 'k8s-log-c1', logstore: 'nginx-ingress', routeNamespace: undefined },
    routes: routes.length === 0 ? undefined : routes,
  });
  const rules: readonly AccessRule[] = [
    { name: 'own', namespaces: ['*'], routes: ['{namespace}-*'] },
    { name: 'ops', namespaces: ['ops'], projects: ['k8s-*'] },
    { name: 'teams', namespaces: ['team-*'], routes: ['shop-*'] },
  ];

  it('is every namespace without rules', () => {
    expect(readersOf(nothing, read())).toEqual([{ namespaces: ['*'], allowedBy: undefined }]);
  });

  it('names the namespaces that rules and routes name, by what lets them', () => {
    expect(readersOf({ ...nothing, rules }, read('shop-web-80'))).toEqual([
      { namespaces: ['ops'], allowedBy: 'rule "ops"' },
      { namespaces: ['team-*'], allowedBy: 'rule "teams"' },
      { namespaces: ['shop', 'shop-web'], allowedBy: 'rule "own"' },
    ]);
    expect(readersOf({ ...nothing, rules }, read())).toEqual([
      { namespaces: ['ops'], allowedBy: 'rule "ops"' },
    ]);
  });

  it('gives a route to the longest known namespace', () => {
    const policy = { ...ownOnly, knownNamespaces: ['shop', 'shop-web'] };
    const namespaces = (...routes: readonly string[]) =>
      readersOf(policy, read(...routes)).flatMap((readers) => readers.namespaces);
    expect(namespaces('shop-web-a-80')).toEqual(['shop-web']);
    expect(namespaces('shop-a-80')).toEqual(['shop']);
    expect(namespaces('shop-a-80', 'other-a-80')).toEqual([]);
  });

  it('never names a namespace that may not read it', () => {
    const policy = { ...nothing, rules };
    for (const route of ['shop-web-80', 'team-a-b-80', 'ops-x-80'])
      for (const { namespaces } of readersOf(policy, read(route)))
        for (const namespace of namespaces.map((name) => name.replace('*', 'x')))
          expect(createAccessCheck(policy)({ ...read(route), namespace })).toBeUndefined();
  });
});
