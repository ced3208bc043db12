import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { pathText } from '../../src/config/setting-path.ts';

/** Returns one line for each fault: `path message`. */
function faultsOf(access: unknown): string[] {
  const { error } = configSchema.safeParse({ sls: { region: 'cn-beijing' }, access });
  return (error?.issues ?? []).map(({ path, message }) => `${pathText(path)} ${message}`).sort();
}

const good = { name: 'team-a', namespaces: ['team-a', 'team-a-*'] };
const ruled = (...rules: unknown[]) => faultsOf({ rules });

it('allows everything by default', () => {
  const off = { ownRoutesOnly: false, knownNamespaces: [], rules: [] };
  for (const access of [undefined, {}, { rules: [] }, { ownRoutesOnly: false }])
    expect(configSchema.parse({ sls: { region: 'r1' }, access }).access).toEqual(off);
});

describe('a rule', () => {
  it('accepts names and patterns of each kind', () => {
    const full = {
      ...good,
      projects: ['k8s-log-c1', 'k8s-log-*', '{namespace}-logs', '*'],
      logstores: ['nginx-ingress', 'nginx_*', '{namespace}'],
      routes: ['{namespace}-*', 'shop-web-80', 'A.b_c-*', '*', `${'a'.repeat(63)}-*`],
    };
    expect(ruled(full, { ...good, name: 'B.b_1' })).toEqual([]);
  });

  it.each([
    [
      'namespaces',
      ['Team', '-a', 'a-', 'a_b', '', 5, 'a'.repeat(64), '{namespace}', 'a b'],
      /must be a namespace/,
    ],
    [
      'projects',
      ['K8s', 'a_b', '-a', 'a-', '{ns}', '{namespace', '', null, 'a'.repeat(64)],
      /must be a project/,
    ],
    [
      'logstores',
      ['A', 'a.b', '-a', '{{namespace}}', '', {}, '*'.repeat(9) + 'a'.repeat(64)],
      /must be a logstore/,
    ],
    ['routes', ['a/b', 'a b', '-a', '*-', '{Namespace}-*', '', true, 'a'.repeat(192)], /must be a route/],
  ])('refuses %s that no name can match, each by its path', (key, values, message) => {
    const faults = ruled({ ...good, [key]: values });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(
      values.map((_, index) => `access.rules[0].${key}[${index}]`),
    );
    for (const fault of faults) expect(fault).toMatch(message);
  });

  it.each(['projects', 'logstores', 'routes'])(
    'refuses an empty list of %s, because a list that is left out allows all',
    (key) => {
      expect(ruled({ ...good, [key]: [] })).toEqual([
        `access.rules[0].${key} must have an entry: a list that is left out allows all`,
      ]);
      expect(ruled({ ...good, [key]: 'a' })).toEqual([`access.rules[0].${key} must be a list of patterns`]);
    },
  );

  it('needs a unique name, and namespaces', () => {
    expect(ruled({}, good, { ...good, namespaces: [] }, { ...good, name: '-' }, 5)).toEqual([
      'access.rules[0].name must be a name: up to 63 letters, digits, hyphens, dots and underscores',
      'access.rules[0].namespaces must be a list of patterns',
      'access.rules[2].name must differ from the name of rules[1]',
      "access.rules[2].namespaces must have an entry: '*' is every namespace",
      'access.rules[3].name must be a name: up to 63 letters, digits, hyphens, dots and underscores',
      'access.rules[4] must be a mapping of settings',
    ]);
  });

  it('refuses a value that occurs twice in a list', () => {
    expect(ruled({ ...good, namespaces: ['a', 'b', 'a'], routes: ['x', 'x'] })).toEqual([
      'access.rules[0].namespaces[2] must not occur twice',
      'access.rules[0].routes[1] must not occur twice',
    ]);
  });
});

describe('with ownRoutesOnly', () => {
  const fault =
    'access.rules[0].routes must have a pattern such as {namespace}-*: with ownRoutesOnly, these routes allow nothing';
  it.each<[string[] | undefined, boolean]>([
    [undefined, true],
    [['{namespace}-*'], true],
    [['*'], true],
    [['other-*', 'team-a-b-80'], true],
    [['team-a-web*'], true],
    [['team-a'], false],
    [['other-*', 'shared-*'], false],
    [['sticky-{namespace}-*'], false],
  ])('tells if a rule with routes %j allows anything: %j', (routes, can) => {
    expect(faultsOf({ ownRoutesOnly: true, rules: [{ ...good, routes }] })).toEqual(can ? [] : [fault]);
    expect(faultsOf({ rules: [{ ...good, routes }] })).toEqual([]);
  });

  it('refuses rules that allow nothing together with all other faults', () => {
    const rules = [
      { ...good, routes: ['shared-*'] },
      { name: 'b', namespaces: [5], routes: ['shared-*'] },
      null,
    ];
    expect(faultsOf({ ownRoutesOnly: true, rules, knownNamespaces: ['a', 'A', 'a'] })).toEqual([
      'access.knownNamespaces[1] must be a namespace: up to 63 lower-case letters, digits and hyphens',
      'access.knownNamespaces[2] must not occur twice',
      fault,
      'access.rules[1].namespaces[0] must be a namespace such as team-a, or a pattern such as team-*',
      'access.rules[2] must be a mapping of settings',
    ]);
  });

  it.each([[5], [null], ['x'], [{}]])('refuses rules %j without crashing', (rules) => {
    expect(faultsOf({ ownRoutesOnly: true, rules })).toEqual(['access.rules must be a list of rules']);
  });
});

describe('a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'access-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each(['projects', 'logstores', 'routes'])(
    'in which the list of %s was emptied is refused, not taken for one that allows all',
    (key) => {
      const config = join(directory, 'config.yaml');
      const text = `access: { rules: [{ name: a, namespaces: [a], ${key}: }] }`;
      writeFileSync(config, text);
      expect(() => loadConfig({ flags: { config, region: 'r1' }, env: {} })).toThrow(
        `access.rules[0].${key} (${config}) is [] and must have an entry`,
      );
      writeFileSync(config, text.replace('namespaces: [a], ', '').replace('}]', ', namespaces: [a]}]'));
      expect(() => loadConfig({ flags: { config, region: 'r1' }, env: {} })).toThrow(/must have an entry/);
    },
  );
});
