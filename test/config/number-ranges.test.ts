import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';

type Tree = Readonly<Record<string, unknown>>;

/** Returns the faults by path, `{ 'sls.region': ['why', …] }`; empty: accepted. */
function faultsOf(tree: unknown): Record<string, string[]> {
  const { error } = configSchema.safeParse(tree);
  const faults: Record<string, string[]> = {};
  for (const { path, message } of error?.issues ?? []) (faults[path.join('.')] ??= []).push(message);
  return faults;
}

/** Returns `tree` with `value` at `path`. */
function planted(tree: Tree, path: string, value: unknown): Tree {
  const [head = '', ...rest] = path.split('.');
  return {
    ...tree,
    [head]: rest.length === 0 ? value : planted((tree[head] ?? {}) as Tree, rest.join('.'), value),
  };
}

const region = { region: 'cn-beijing' };

describe('a setting that is a number', () => {
  /** Other values of `reading` that keep the rules that span settings satisfied. */
  const wide: Readonly<Record<string, object>> = {
    'reading.freshnessSeconds': { reading: { maxStaleSeconds: 3600 } },
    'reading.maxStaleSeconds': { reading: { freshnessSeconds: 0 } },
    'reading.delay.initialSeconds': { reading: { delay: { leastSeconds: 0, mostSeconds: 600 } } },
    'reading.delay.leastSeconds': { reading: { delay: { initialSeconds: 600, mostSeconds: 600 } } },
    'reading.delay.mostSeconds': { reading: { delay: { initialSeconds: 0, leastSeconds: 0 } } },
  };
  const ofEachProject: readonly (readonly [string, number, number])[] = [
    ['sls.maxConcurrentQueries', 1, 100],
    ['sls.breaker.failures', 1, 100],
    ['sls.breaker.openSeconds', 1, 300],
    ['reading.refreshesIn15Seconds', 0, 15],
    ['reading.freshnessSeconds', 0, 60],
    ['reading.maxStaleSeconds', 0, 3600],
    ['reading.patienceSeconds', 0, 20],
    ['reading.deadlineSeconds', 1, 20],
    ['reading.maxNamedRoutes', 0, 1000],
    ['reading.delaySeconds', 0, 600],
    ['reading.delay.initialSeconds', 0, 600],
    ['reading.delay.leastSeconds', 0, 600],
    ['reading.delay.mostSeconds', 0, 600],
    ['reading.silence.holdSeconds', 0, 3600],
  ];

  it.each<readonly [string, number, number]>([
    ['server.securePort', 0, 65535],
    ['server.maxRequestsInFlight', 1, 100_000],
    ['server.maxConnections', 16, 100_000],
    ['server.shutdownDelaySeconds', 0, 60],
    ['sls.connectTimeoutSeconds', 1, 60],
    ['sls.readTimeoutSeconds', 1, 60],
    ['sls.maxQueriesPerSecond', 1, 1000],
    ['reading.maxSeries', 1, 1_000_000],
    ['reading.maxForecasts', 0, 20_000],
    ['reading.perNamespace.maxSeries', 1, 1_000_000],
    ['reading.perNamespace.maxLogstores', 1, 1000],
    ['reading.perNamespace.maxProjects', 1, 1000],
    ...ofEachProject,
  ])('accepts %s from %d to %d', (path, least, most) => {
    const tree = (value: unknown) => planted({ sls: region, ...wide[path] }, path, value);
    for (const value of [least, most]) expect(faultsOf(tree(value))).toEqual({});
    const fault = { [path]: [`must be a whole number from ${least} to ${most}`] };
    for (const value of [least - 1, most + 1, least + 0.5, String(least), true])
      expect(faultsOf(tree(value))).toEqual(fault);
  });

  it.each(ofEachProject)('accepts %s of a project from %d to %d', (path, least, most) => {
    const tree = (value: unknown) => ({
      sls: region,
      projects: [{ project: 'k8s-log-c1' }, { project: '*', ...planted({ ...wide[path] }, path, value) }],
    });
    for (const value of [least, most]) expect(faultsOf(tree(value))).toEqual({});
    const fault = { [`projects.1.${path}`]: [`must be a whole number from ${least} to ${most}`] };
    for (const value of [least - 1, most + 1, least + 0.5, String(least), true])
      expect(faultsOf(tree(value))).toEqual(fault);
  });
});
