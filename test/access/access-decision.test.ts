import { describe, expect, it } from 'vitest';
import { decideAccess } from '../../src/access/access-decision.ts';
import type { AccessPolicy } from '../../src/access/access-rules.ts';

const policy: AccessPolicy = {
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
    { ...policy, ...changes },
    { namespace, request: { project: 'p1', logstore: 'l1', routes }, routeNamespace: undefined },
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

  it('names no rule where one route is refused, and says why', () => {
    const { refusal, allowedBy } = decide('shop', ['shop-web-80', 'bank-web-80']);
    expect(refusal).toMatchObject({ code: 'AccessDenied' });
    expect(refusal?.what).toContain('route "bank-web-80"');
    expect(allowedBy).toEqual([]);
  });

  it('names none where there are none', () => {
    const open = { refusal: undefined, ownRoutesOnly: false, allowedBy: [] };
    expect(decide('shop', undefined, { rules: [] })).toEqual(open);
    expect(decide('shop', ['shop-web-80'], { rules: [], ownRoutesOnly: true })).toEqual({
      ...open,
      ownRoutesOnly: true,
    });
  });
});
