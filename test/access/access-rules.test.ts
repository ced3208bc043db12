import { describe, expect, it } from 'vitest';
import type { AccessPolicy } from '../../src/access/access-check.ts';
import type { AccessRule } from '../../src/access/access-rules.ts';
import { nothing, parts, refusal, route } from './refusal.ts';

const rule = (own: Partial<AccessRule>): AccessRule => ({ name: 'one', namespaces: ['*'], ...own });
const ruled = (...rules: AccessRule[]): AccessPolicy => ({ ...nothing, rules });

describe('access.rules', () => {
  it.each<[Partial<AccessRule>, string, string | undefined]>([
    [{}, '', undefined],
    [{ projects: ['k8s-log-*'], logstores: ['nginx-ingress'] }, '', undefined],
    [{ routes: ['*'] }, route('a'), undefined],
    [{ routes: ['{namespace}-*'] }, route('team-a-80'), undefined],
    [{ routes: ['{namespace}-*'] }, parts('a', '80'), undefined],
    [{ routes: ['x', 'shared-*'] }, route('x', 'shared-a-80'), undefined],
    // A subset of MSE, and a rule of an HTTPRoute.
    [{ routes: ['{namespace}-*'] }, route('team-a-80-v1', 'team-web-0'), undefined],
    [{ routes: ['{namespace}-web-*'] }, route('team-api-0'), 'routes team-web-*, not route "team-api-0"'],
    [{ routes: ['*'] }, '', 'routes *, not the whole logstore "nginx-ingress"'],
    [{ routes: ['{namespace}-*'] }, route('x-team-a'), 'routes team-*, not route "x-team-a"'],
    [{ routes: ['{namespace}-*'] }, route('team-a', 'b'), 'routes team-*, not route "b"'],
    [{ routes: ['x', 'y-*'] }, route('xx'), 'routes x, y-*, not route "xx"'],
    [{ routes: ['a', 'b', 'c', 'd', 'e', 'f'] }, route('x'), 'routes a, b, c, d, e, …, not route "x"'],
    [{ projects: ['p-{namespace}'] }, '', 'projects p-team, not project "k8s-log-c1"'],
    [{ projects: ['k8s-log-c'] }, route('x'), 'projects k8s-log-c, not project "k8s-log-c1"'],
    [{ logstores: ['nginx'] }, '', 'logstores nginx, not logstore "nginx-ingress"'],
    [{ logstores: ['nginx'] }, 'sls.logstore=nginx', undefined],
    [
      { routes: ['{namespace}-*'] },
      parts('svc', '80', 'team-b'),
      'routes team-*, not route "team-b-svc-80", which belongs to namespace "team-b"',
    ],
  ])('%j answers %j with %j', (own, selector, why) => {
    const remedy = 'Name in the metric selector what the namespace may read, or change access in';
    expect(refusal(ruled(rule(own)), 'team', selector)).toEqual(
      why === undefined
        ? undefined
        : expect.stringContaining(
            `the adapter refuses this read: by access rule "one", namespace "team" may read ${why}. ${remedy}`,
          ),
    );
  });

  it('apply to the namespaces that they name', () => {
    const policy = ruled(rule({ namespaces: ['team', 'shop-*'] }));
    expect(refusal(policy, 'team', '')).toBeUndefined();
    expect(refusal(policy, 'shop-a', '')).toBeUndefined();
    for (const namespace of ['teams', 'a-team', 'shop', 'other'])
      expect(refusal(policy, namespace, '')).toContain(`no access rule is for namespace "${namespace}".`);
  });

  it('allow a route if one of them does', () => {
    const policy = ruled(
      rule({ name: 'own', routes: ['{namespace}-*'] }),
      rule({ name: 'shared', routes: ['shared-*'] }),
      rule({ name: 'monitoring', namespaces: ['monitoring'] }),
    );
    expect(refusal(policy, 'team', route('team-a-80', 'shared-a-80'))).toBeUndefined();
    expect(refusal(policy, 'monitoring', '')).toBeUndefined();
    expect(refusal(policy, 'team', route('team-a-80', 'x-a-80'))).toContain(
      'by access rule "own", namespace "team" may read routes team-*, not route "x-a-80"; nor is it allowed by "shared".',
    );
  });

  it('name in a refusal the rule that allows most of the read', () => {
    const policy = ruled(
      rule({ name: 'far', projects: ['other'] }),
      rule({ name: 'near', logstores: ['nginx-ingress'], routes: ['x'] }),
      rule({ name: 'nearer', namespaces: ['other'] }),
    );
    expect(refusal(policy, 'team', route('y'))).toMatch(
      /by access rule "near", .*; nor is it allowed by "far"\./,
    );
  });

  it('allow neither of two known namespaces of equal length what matches with both names', () => {
    const policy = { ...ruled(rule({ routes: ['*-{namespace}-*'] })), knownNamespaces: ['ab', 'ba'] };
    expect(refusal(policy, 'ab', route('x-ab-ba-80'))).toContain('belongs to namespace "ba"');
    expect(refusal(policy, 'ba', route('x-ab-ba-80'))).toContain('belongs to namespace "ab"');
    expect(refusal(policy, 'ab', route('x-ab-80'))).toBeUndefined();
  });

  it('apply sls.ingress.namespace to the route, not to the project', () => {
    const policy = ruled(rule({ projects: ['{namespace}-*'], routes: ['team-*'] }));
    const selector = `${parts('a', '80', 'team')},sls.project=team-b-logs`;
    expect(refusal(policy, 'team-b', selector)).toBeUndefined();
  });

  it('do not allow what access.ownRoutesOnly refuses', () => {
    const policy = { ...ruled(rule({ projects: ['k8s-log-*'] })), ownRoutesOnly: true };
    expect(refusal(policy, 'team', route('team-a-80'))).toBeUndefined();
    expect(refusal(policy, 'team', '')).toContain('by access.ownRoutesOnly, ');
    expect(refusal(policy, 'team', `${route('team-a-80')},sls.project=p1`)).toContain(
      'by access rule "one", ',
    );
  });
});
