import { describe, expect, it } from 'vitest';
import { projectSettings } from '../../src/config/project-settings.ts';
import { configSchema } from '../../src/config/schema.ts';

const settingsFor = (projects: readonly object[], sections: object = {}) =>
  projectSettings(configSchema.parse({ sls: { region: 'cn-beijing' }, ...sections, projects }));

const ofAll = settingsFor([])('k8s-log-c1');

describe('the settings of a project', () => {
  it('are those of all without an entry', () => {
    const { reading, sls } = configSchema.parse({ sls: { region: 'cn-beijing' } });
    expect(ofAll.reading).toEqual(reading);
    expect(ofAll.sls).toEqual({ maxConcurrentQueries: sls.maxConcurrentQueries, breaker: sls.breaker });
    expect(settingsFor([{ project: 'other', reading: { refreshSeconds: 9 } }])('k8s-log-c1')).toEqual(ofAll);
  });

  it('are those of its entry over those of all, setting by setting', () => {
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
        freshnessSeconds: 0,
        delaySeconds: 7,
        delay: { initialSeconds: 10, leastSeconds: 3, mostSeconds: 30 },
      },
      sls: { maxConcurrentQueries: 5, breaker: { failures: 9, openSeconds: 3 } },
    });
    const { reading } = settingsOf('other');
    expect([reading.delay.mostSeconds, reading.delaySeconds]).toEqual([60, undefined]);
  });

  it('are those of the first entry that matches, alone', () => {
    const settingsOf = settingsFor([
      { project: 'k8s-log-c1', reading: { refreshSeconds: 1 } },
      { project: 'k8s-*', reading: { refreshSeconds: 2, deadlineSeconds: 2 } },
      { project: '*', reading: { refreshSeconds: 3, deadlineSeconds: 3 } },
    ]);
    const found = ['k8s-log-c1', 'k8s-log-c2', 'any'].map((project) => settingsOf(project).reading);
    expect(found.map(({ refreshSeconds }) => refreshSeconds)).toEqual([1, 2, 3]);
    expect(found.map(({ deadlineSeconds }) => deadlineSeconds)).toEqual([20, 2, 3]);
  });

  it('leave those of all as they are where a value is undefined', () => {
    const settingsOf = settingsFor([
      { project: '*', reading: { refreshSeconds: undefined, delay: undefined }, sls: undefined },
    ]);
    expect(settingsOf('any')).toEqual(ofAll);
  });

  it('are the same object each time, whatever the project is called', () => {
    const settingsOf = settingsFor([{ project: 'k8s-*', reading: { refreshSeconds: 2 } }]);
    expect(settingsOf('k8s-a')).toBe(settingsOf('k8s-b'));
    expect(settingsOf('__proto__')).toBe(settingsOf('constructor'));
  });
});
