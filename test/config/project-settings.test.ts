import { describe, expect, it } from 'vitest';
import { projectSettings } from '../../src/config/project-settings.ts';
import { configSchema } from '../../src/config/schema.ts';

const settingsFor = (projects: readonly object[], sections: object = {}) =>
  projectSettings(configSchema.parse({ sls: { region: 'cn-beijing' }, ...sections, projects }));

const ofAll = settingsFor([])('k8s-log-c1');

describe('the settings of a project', () => {
  it('are the settings of all projects if no entry matches', () => {
    const { reading, sls } = configSchema.parse({ sls: { region: 'cn-beijing' } });
    expect(ofAll.reading).toEqual({
      ...reading,
      freshnessMs: reading.freshnessSeconds * 1000,
      maxStaleMs: reading.maxStaleSeconds * 1000,
      patienceMs: reading.patienceSeconds * 1000,
      deadlineMs: reading.deadlineSeconds * 1000,
    });
    const { connectTimeoutSeconds, readTimeoutSeconds, maxQueriesPerSecond } = sls;
    expect({ ...ofAll.sls, connectTimeoutSeconds, readTimeoutSeconds, maxQueriesPerSecond }).toEqual(sls);
    expect(settingsFor([{ project: 'other', reading: { refreshesIn15Seconds: 9 } }])('k8s-log-c1')).toEqual(
      ofAll,
    );
  });

  it('are overridden by its entry, setting by setting', () => {
    const settingsOf = settingsFor(
      [
        {
          project: 'k8s-log-*',
          reading: { delay: { mostSeconds: 30 }, delaySeconds: 7, freshnessSeconds: 0 },
          sls: { breaker: { failures: 9 } },
        },
      ],
      { reading: { delay: { leastSeconds: 3 }, patienceSeconds: 4 } },
    );
    expect(settingsOf('k8s-log-c1')).toEqual({
      reading: {
        ...ofAll.reading,
        patienceSeconds: 4,
        patienceMs: 4000,
        freshnessSeconds: 0,
        freshnessMs: 0,
        delaySeconds: 7,
        delay: { initialSeconds: 10, leastSeconds: 3, mostSeconds: 30 },
      },
      sls: { ...ofAll.sls, breaker: { failures: 9, openSeconds: 3 } },
    });
    const { reading } = settingsOf('other');
    expect([reading.delay.mostSeconds, reading.delaySeconds]).toEqual([60, undefined]);
  });

  it('are overridden only by the first entry that matches', () => {
    const settingsOf = settingsFor([
      { project: 'k8s-log-c1', reading: { refreshesIn15Seconds: 1 } },
      { project: 'k8s-*', reading: { refreshesIn15Seconds: 2, deadlineSeconds: 2 } },
      { project: '*', reading: { refreshesIn15Seconds: 3, deadlineSeconds: 3 } },
    ]);
    const found = ['k8s-log-c1', 'k8s-log-c2', 'any'].map((project) => settingsOf(project).reading);
    expect(found.map(({ refreshesIn15Seconds }) => refreshesIn15Seconds)).toEqual([1, 2, 3]);
    expect(found.map(({ deadlineSeconds }) => deadlineSeconds)).toEqual([20, 2, 3]);
  });

  it('are not overridden by an undefined value', () => {
    const settingsOf = settingsFor([
      { project: '*', reading: { refreshesIn15Seconds: undefined, delay: undefined }, sls: undefined },
    ]);
    expect(settingsOf('any')).toEqual(ofAll);
  });

  const endpoint = 'http://127.0.0.1:8088';
  it.each<[what: string, sls: object, own: object, expected: object]>([
    ['a region', { region: 'r1' }, { region: 'r2' }, { region: 'r2', network: 'intranet' }],
    ['a network', { region: 'r1' }, { network: 'public' }, { region: 'r1', network: 'public' }],
    ['an endpoint', { region: 'r1' }, { endpoint }, { region: 'r1', endpoint }],
    [
      'a region, where all have an endpoint',
      { endpoint },
      { region: 'r2' },
      { region: 'r2', endpoint: undefined },
    ],
    [
      'a network, where all have an endpoint',
      { endpoint, region: 'r1' },
      { network: 'public' },
      { region: 'r1', endpoint: undefined },
    ],
    [
      'both, where all have an endpoint',
      { endpoint },
      { region: 'r2', endpoint: 'http://127.0.0.1:1' },
      { endpoint: 'http://127.0.0.1:1' },
    ],
    ['neither, where all have an endpoint', { endpoint }, { maxConcurrentQueries: 1 }, { endpoint }],
  ])('may override %s', (_, sls, own, expected) => {
    const found = settingsFor([{ project: 'k8s-log-c1', sls: own }], { sls })('k8s-log-c1').sls;
    expect(found).toMatchObject(expected);
  });

  it('replace credentials as a whole', () => {
    const role = { source: 'assume-role', roleArn: 'acs:ram::1:role/a', externalId: 'of-all' };
    const settingsOf = settingsFor(
      [
        { project: 'a1', sls: { credentials: { source: 'assume-role', roleArn: 'acs:ram::2:role/b' } } },
        { project: 'a2', sls: { credentials: {} } },
        { project: 'a3', sls: { maxConcurrentQueries: 1 } },
      ],
      { sls: { region: 'cn-beijing', credentials: role } },
    );
    expect(settingsOf('a1').sls.credentials).toEqual({ source: 'assume-role', roleArn: 'acs:ram::2:role/b' });
    expect(settingsOf('a2').sls.credentials).toEqual({ source: 'default' });
    expect(settingsOf('a3').sls.credentials).toEqual(role);
  });

  it('are the same object for every project with the same entry', () => {
    const settingsOf = settingsFor([{ project: 'k8s-*', reading: { refreshesIn15Seconds: 2 } }]);
    expect(settingsOf('k8s-a')).toBe(settingsOf('k8s-b'));
    expect(settingsOf('__proto__')).toBe(settingsOf('constructor'));
  });
});
