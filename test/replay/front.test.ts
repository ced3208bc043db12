import { describe, expect, it } from 'vitest';
import { frontOf, recommend } from '../../src/replay/front.ts';
import { settingsToTry } from '../../src/replay/sweep-settings.ts';
import { specOf } from '../scaling/specs.ts';

const setting = (podHours: number, overloadedSeconds: number, changesPerHour = 1) => ({
  ...{ podHours, overloadedSeconds, changesPerHour, unservedShare: 0, spec: specOf() },
});
const present = setting(10, 100);

describe('the front of a sweep', () => {
  it('has the settings that no other beats in both overload and pod-hours', () => {
    const settings = [
      present,
      setting(9, 80),
      setting(8, 200),
      setting(12, 80),
      setting(15, 0),
      setting(9, 90),
    ];
    expect(frontOf(settings).map((one) => [one.podHours, one.overloadedSeconds])).toEqual([
      [8, 200],
      [9, 80],
      [15, 0],
    ]);
  });

  it('takes the calmer of equal settings', () => {
    expect(frontOf([setting(9, 80, 5), setting(9, 80, 2)])).toMatchObject([{ changesPerHour: 2 }]);
  });
});

describe('the recommendation of a sweep', () => {
  const front = [setting(8, 200), setting(9, 80), setting(15, 10), setting(30, 0)];
  it.each([
    ['less overload for the same pod-hours', {}, 9, true],
    ['the cheapest with little enough overload', { maxOverloadedSeconds: 60 }, 15, true],
    ['the least overload for the money', { maxPodHours: 20 }, 15, true],
    ['the nearest to both wishes', { maxOverloadedSeconds: 5, maxPodHours: 20 }, 15, false],
    ['the cheapest if nothing is cheap enough', { maxPodHours: 5 }, 8, false],
  ])('is %s', (_, wish, podHours, isMet) => {
    expect(recommend(front, present, wish)).toMatchObject({ setting: { podHours }, isMet });
  });
});

describe('the settings of a sweep', () => {
  it('begin with the HPA as it is, and have no tolerance before 1.35', () => {
    const needed = new Float64Array(100).fill(3.2);
    const settings = settingsToTry(specOf({ perPod: 10_000 }), needed, 36);
    expect(settings).toHaveLength(865);
    expect(settings[0]).toEqual(specOf({ perPod: 10_000 }));
    expect(new Set(settings.map(({ metrics }) => metrics[0]?.targetMilli))).toEqual(
      new Set([10_000, 9000, 8000, 7000, 6000, 5000]),
    );
    expect(new Set(settings.map(({ minReplicas }) => minReplicas))).toEqual(new Set([1, 4]));
    const older = settingsToTry(specOf(), needed, 34);
    expect(older).toHaveLength(289);
    expect(older.every(({ behavior }) => behavior?.scaleUp.tolerance === undefined)).toBe(true);
  });
});
