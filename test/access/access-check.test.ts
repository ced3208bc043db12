import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAccessCheck, type AccessPolicy } from '../../src/access/access-check.ts';
import type { AccessRule } from '../../src/access/access-rules.ts';
import { mayRead } from './access-oracle.ts';
import { nothing, ownOnly, parts, refusal, route } from './refusal.ts';

it('allows every read by default', () => {
  for (const selector of ['', route('other-a-80'), parts('a', '80', 'other')])
    expect(refusal(nothing, 'team', selector)).toBeUndefined();
});

describe('access.ownRoutesOnly', () => {
  it.each([
    route('team-a-80'),
    route('team-a-80', 'team-b-http'),
    route('team-b-svc-80'),
    parts('a', '80'),
    parts('b-svc', '80'),
    parts('a', '80', 'team'),
  ])('lets namespace team read its own routes: %s', (selector) => {
    expect(refusal(ownOnly, 'team', selector)).toBeUndefined();
  });

  it.each([
    ['', 'not the whole logstore "nginx-ingress"'],
    [route('other-a-80'), 'not route "other-a-80"'],
    [route('team-a-80', 'other-a-80'), 'not route "other-a-80"'],
    [route('teams-a-80'), 'not route "teams-a-80"'],
    [route('teamsa-svc-80'), 'not route "teamsa-svc-80"'],
    [route('Team-a-80'), 'not route "Team-a-80"'],
    [route('team'), 'not route "team"'],
    [route('team-80'), 'not route "team-80"'],
    [route('team-INVALID'), 'not route "team-INVALID"'],
    [route('team--a-80'), 'not route "team--a-80"'],
    [route('team-a.b-80'), 'not route "team-a.b-80"'],
    [route('sticky-team-a-80'), 'not route "sticky-team-a-80"'],
    [parts('a', '80', 'other'), 'not route "other-a-80"'],
    [parts('svc', '80', 'team-b'), 'not route "team-b-svc-80", which belongs to namespace "team-b"'],
  ])('refuses namespace team what is not its own route: %j', (selector, what) => {
    expect(refusal(ownOnly, 'team', selector)).toBe(
      `the adapter refuses this read: by access.ownRoutesOnly, namespace "team" may read routes team-SERVICE-PORT, ${what}. Name in the metric selector what the namespace may read, or change access in the configuration of the adapter.`,
    );
  });

  it.each(['upstream', 'custom', 'custom-default', 'custom-default-backend'])(
    'lets no namespace read default backends, not even one called %s',
    (namespace) => {
      for (const name of ['upstream-default-backend', 'custom-default-backend-team-a-svc'])
        expect(refusal(ownOnly, namespace, route(name))).toMatch(/not route/);
      expect(refusal(ownOnly, namespace, route(`${namespace}-a-80`))).toEqual(
        namespace === 'custom-default-backend' ? expect.stringMatching(/not route/) : undefined,
      );
    },
  );

  it('gives a route to the longest known namespace that it may belong to, written whole or in parts', () => {
    const policy = { ...ownOnly, knownNamespaces: ['team', 'team-b'] };
    const theirs = /team-b-svc-80", which belongs to namespace "team-b"\./;
    expect(refusal(policy, 'team', route('team-b-svc-80'))).toMatch(theirs);
    expect(refusal(policy, 'team', parts('b-svc', '80'))).toMatch(theirs);
    expect(refusal(policy, 'team-b', route('team-b-svc-80'))).toBeUndefined();
    expect(refusal(policy, 'team', route('team-b-80', 'team-bc-svc-80'))).toBeUndefined();
  });

  it('goes by sls.ingress.namespace if the route may belong to two namespaces', () => {
    expect(refusal(ownOnly, 'team-b', route('team-b-svc-80'))).toBeUndefined();
    expect(refusal(ownOnly, 'team-b', parts('b-svc', '80', 'team'))).toMatch(/belongs to namespace "team"\./);
  });
});

const namespaces = fc.constantFrom('a', 'a-b', 'b', 'a-b-a', 'ba');
const words = fc.array(fc.constantFrom('a', 'b', 'A', '80', ''), { minLength: 1, maxLength: 5 });
const routes = words.map((all) => all.join('-')).filter((text) => /^[A-Za-z0-9](.*[A-Za-z0-9])?$/.test(text));
const stars = (...others: string[]) =>
  fc
    .array(fc.constantFrom('a', 'b', '-', '*', ...others), { minLength: 1, maxLength: 5 })
    .map((all) => all.join(''));
const patternList = fc.array(stars('{namespace}', '-'), { minLength: 1, maxLength: 2 });
const someRule: fc.Arbitrary<AccessRule> = fc.record(
  {
    name: fc.constant('some'),
    namespaces: fc.array(stars(), { minLength: 1, maxLength: 2 }),
    projects: patternList,
    logstores: patternList,
    routes: patternList,
  },
  { requiredKeys: ['name', 'namespaces'] },
);
const somePolicy: fc.Arbitrary<AccessPolicy> = fc.record({
  ownRoutesOnly: fc.boolean(),
  knownNamespaces: fc.uniqueArray(namespaces, { maxLength: 3 }),
  rules: fc.array(someRule, { maxLength: 3 }),
});
const composed = fc.record({
  routeNamespace: namespaces,
  rest: fc.constantFrom('a-80', 'b-a-80', 'b-http', 'a-b-a'),
});
const someRead = fc
  .record({
    namespace: namespaces,
    project: fc.constantFrom('a', 'ab', 'a-b'),
    logstore: fc.constantFrom('a', 'b-a'),
    asked: fc.oneof(fc.uniqueArray(routes, { minLength: 1, maxLength: 3 }), composed, fc.constant(undefined)),
  })
  .map(({ namespace, project, logstore, asked }) => {
    const whole = { namespace, project, logstore, routes: undefined, routeNamespace: undefined };
    if (asked === undefined) return whole;
    if (Array.isArray(asked)) return { ...whole, routes: asked };
    const { routeNamespace, rest } = asked;
    return { ...whole, routes: [`${routeNamespace}-${rest}`], routeNamespace };
  });

it('allows what an independent implementation of docs/access.md allows, and nothing else', () => {
  const outcomes = { allowed: 0, refused: 0 };
  fc.assert(
    fc.property(somePolicy, someRead, (policy, read) => {
      const error = createAccessCheck(policy)(read);
      expect(error === undefined).toBe(mayRead(policy, read));
      outcomes[error === undefined ? 'allowed' : 'refused'] += 1;
    }),
    { numRuns: 20_000 },
  );
  expect(Math.min(outcomes.allowed, outcomes.refused)).toBeGreaterThan(1000);
});

describe('the owner of a route', () => {
  const namespace = fc.constantFrom('a', 'a-b', 'a-b-c', 'b', 'b-c', 'c');
  const part = fc.constantFrom('a', 'b-c', 'b', 'svc', '80', 'a-b');
  const owns = (name: string, ownRoute: string, knownNamespaces: readonly string[] = []) => {
    const read = {
      namespace: name,
      project: 'p',
      logstore: 'l',
      routes: [ownRoute],
      routeNamespace: undefined,
    };
    return createAccessCheck({ ...ownOnly, knownNamespaces })(read) === undefined;
  };

  it('is exactly one of the known namespaces, for the route of any backend', () => {
    fc.assert(
      fc.property(fc.uniqueArray(namespace), namespace, part, part, (others, of, service, port) => {
        const known = [...new Set([...others, of])];
        const owners = known.filter((name) => owns(name, `${of}-${service}-${port}`, known));
        expect(owners).toHaveLength(1);
        expect(owners[0]?.startsWith(of)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is the namespace itself if no other is known', () => {
    fc.assert(
      fc.property(namespace, part, part, (name, service, port) => {
        expect(owns(name, `${name}-${service}-${port}`)).toBe(true);
      }),
    );
  });

  it('is decided at once for a long text that is almost a route', () => {
    expect(owns('a', `a-${'b-'.repeat(5000)}`)).toBe(false);
  });
});
