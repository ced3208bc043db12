import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAccessJudge, type AccessPolicy, type AccessRule } from '../../src/access/access-rules.ts';
import { parseLabelSelector } from '../../src/grammar/label-selector.ts';
import { createRequestParser } from '../../src/access/request-parser.ts';
import { mayRead } from './access-oracle.ts';
import { builtIn } from '../support/catalog.ts';

const nothing: AccessPolicy = { ownRoutesOnly: false, knownNamespaces: [], rules: [] };
const ownOnly: AccessPolicy = { ...nothing, ownRoutesOnly: true };
const defaults = { project: 'k8s-log-c1', logstore: 'nginx-ingress' };

/** Undefined: allowed. */
function refusal(policy: AccessPolicy, namespace: string, selector: string): string | undefined {
  try {
    createRequestParser(builtIn, defaults, createAccessJudge(policy))(
      'sls_ingress_qps',
      namespace,
      parseLabelSelector(selector),
    );
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: 'AccessDenied', httpStatus: 403, retryable: false });
    return (error as Error).message;
  }
}

const route = (...names: string[]) => `sls.ingress.route in (${names.join(',')})`;
const parts = (service: string, port: string, namespace?: string) =>
  `sls.ingress.service=${service},sls.ingress.port=${port}${namespace === undefined ? '' : `,sls.ingress.namespace=${namespace}`}`;

it('lets everybody read everything unless it is told otherwise', () => {
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
  ])('lets namespace team read %s', (selector) => {
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
    [parts('svc', '80', 'team-b'), 'not route "team-b-svc-80", which is taken for one of namespace "team-b"'],
  ])('keeps namespace team from %j', (selector, what) => {
    expect(refusal(ownOnly, 'team', selector)).toBe(
      `the adapter refuses this read: by access.ownRoutesOnly, namespace "team" may read routes team-SERVICE-PORT, ${what}. Name in the metric selector what the namespace may read, or change access in the configuration of the adapter.`,
    );
  });

  it.each(['upstream', 'custom', 'custom-default', 'custom-default-backend'])(
    'gives default backends to no namespace, not even one called %s',
    (namespace) => {
      for (const name of ['upstream-default-backend', 'custom-default-backend-team-a-svc'])
        expect(refusal(ownOnly, namespace, route(name))).toMatch(/not route/);
      expect(refusal(ownOnly, namespace, route(`${namespace}-a-80`))).toEqual(
        namespace === 'custom-default-backend' ? expect.stringMatching(/not route/) : undefined,
      );
    },
  );

  it.each(['TEAM', '%74eam', 'team/', 'team-', '*', '{namespace}', 'a'.repeat(64), 'team b', ''])(
    'refuses a namespace that can be none: %j',
    (namespace) => {
      expect(refusal(ownOnly, namespace, route('team-a-80'))).toContain(
        `: ${JSON.stringify(namespace)} is no namespace.`,
      );
    },
  );

  it('gives a route to the longest of the known namespaces whose it may be, however it is written', () => {
    const policy = { ...ownOnly, knownNamespaces: ['team', 'team-b'] };
    const theirs = /team-b-svc-80", which is taken for one of namespace "team-b"\./;
    expect(refusal(policy, 'team', route('team-b-svc-80'))).toMatch(theirs);
    expect(refusal(policy, 'team', parts('b-svc', '80'))).toMatch(theirs);
    expect(refusal(policy, 'team-b', route('team-b-svc-80'))).toBeUndefined();
    expect(refusal(policy, 'team', route('team-b-80', 'team-bc-svc-80'))).toBeUndefined();
  });

  it('goes by what the selector says where the text may be of both', () => {
    expect(refusal(ownOnly, 'team-b', route('team-b-svc-80'))).toBeUndefined();
    expect(refusal(ownOnly, 'team-b', parts('b-svc', '80', 'team'))).toMatch(/one of namespace "team"\./);
  });
});

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
      'routes team-*, not route "team-b-svc-80", which is taken for one of namespace "team-b"',
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

  it('are for the namespaces that they name', () => {
    const policy = ruled(rule({ namespaces: ['team', 'shop-*'] }));
    expect(refusal(policy, 'team', '')).toBeUndefined();
    expect(refusal(policy, 'shop-a', '')).toBeUndefined();
    for (const namespace of ['teams', 'a-team', 'shop', 'other'])
      expect(refusal(policy, namespace, '')).toContain(`no access rule is for namespace "${namespace}".`);
  });

  it('allow a route each, and what one allows the others need not', () => {
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

  it('name the one that comes nearest', () => {
    const policy = ruled(
      rule({ name: 'far', projects: ['other'] }),
      rule({ name: 'near', logstores: ['nginx-ingress'], routes: ['x'] }),
      rule({ name: 'nearer', namespaces: ['nobody'] }),
    );
    expect(refusal(policy, 'team', route('y'))).toMatch(
      /by access rule "near", .*; nor is it allowed by "far"\./,
    );
  });

  it('leave what matches with the names of two known namespaces of one length to neither', () => {
    const policy = { ...ruled(rule({ routes: ['*-{namespace}-*'] })), knownNamespaces: ['ab', 'ba'] };
    expect(refusal(policy, 'ab', route('x-ab-ba-80'))).toContain('taken for one of namespace "ba"');
    expect(refusal(policy, 'ba', route('x-ab-ba-80'))).toContain('taken for one of namespace "ab"');
    expect(refusal(policy, 'ab', route('x-ab-80'))).toBeUndefined();
  });

  it('take the namespace that a selector names for that of the route alone', () => {
    const policy = ruled(rule({ projects: ['{namespace}-*'], routes: ['team-*'] }));
    const selector = `${parts('a', '80', 'team')},sls.project=team-b-logs`;
    expect(refusal(policy, 'team-b', selector)).toBeUndefined();
  });

  it('allow nothing past access.ownRoutesOnly', () => {
    const policy = { ...ruled(rule({ projects: ['k8s-log-*'] })), ownRoutesOnly: true };
    expect(refusal(policy, 'team', route('team-a-80'))).toBeUndefined();
    expect(refusal(policy, 'team', '')).toContain('by access.ownRoutesOnly, ');
    expect(refusal(policy, 'team', `${route('team-a-80')},sls.project=p1`)).toContain(
      'by access rule "one", ',
    );
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
    const written = {
      namespace,
      request: { project, logstore, routes: undefined },
      routeNamespace: undefined,
    };
    if (asked === undefined) return written;
    if (Array.isArray(asked)) return { ...written, request: { project, logstore, routes: asked } };
    const { routeNamespace, rest } = asked;
    return {
      namespace,
      request: { project, logstore, routes: [`${routeNamespace}-${rest}`] },
      routeNamespace,
    };
  });

it('lets through what an independent reading of the promise lets through, and nothing else', () => {
  const outcomes = { allowed: 0, refused: 0 };
  fc.assert(
    fc.property(somePolicy, someRead, (policy, read) => {
      const error = createAccessJudge(policy)(read);
      expect(error === undefined).toBe(mayRead(policy, read));
      outcomes[error === undefined ? 'allowed' : 'refused'] += 1;
    }),
    { numRuns: 20_000 },
  );
  expect(Math.min(outcomes.allowed, outcomes.refused)).toBeGreaterThan(1000);
});
