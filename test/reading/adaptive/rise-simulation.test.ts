import { expect, it } from 'vitest';
import {
  beat,
  mean,
  poissonLog,
  readLog,
  secondsToRight,
  shrunkReadings,
} from '../../../bench/adaptive/simulation.ts';
import { seeded } from '../../support/seeded.ts';

// `node bench/adaptive/run.ts` runs this for more days and rates.
it.each([1, 10, 50, 200])('a day of steady traffic of %i requests/s has at most one false alarm', (rate) => {
  const log = poissonLog(new Float64Array(86_400).fill(rate), seeded(rate));
  const { episodes } = shrunkReadings(log, readLog(log, beat(log, 15), 'adaptive'));
  expect(episodes).toBeLessThanOrEqual(1);
});

it.each([
  [10, 2],
  [10, 5],
  [50, 2],
  [50, 5],
])('a step from %i requests/s to %i times as many is right a fifth sooner at least', (rate, factor) => {
  const random = seeded(rate * factor);
  const seconds = (mode: 'adaptive' | 'fixed') =>
    mean(Array.from({ length: 60 }, () => secondsToRight(rate, factor, mode, random)));
  expect(seconds('adaptive')).toBeLessThan(seconds('fixed') * 0.8);
});

it.each([
  ['all collectors', 1],
  ['one of three collectors', 1 / 3],
])('lines that %s held up for 10 s are not taken for a rise', (_, share) => {
  const random = seeded(3);
  let shrunk = 0;
  for (let run = 0; run < 60; run += 1) {
    const log = poissonLog(new Float64Array(460).fill(50), random);
    const first = 400 + Math.floor(random() * 10);
    const held = log.subarray(first, first + 10).reduce((sum, count) => sum + Math.round(count * share), 0);
    log.forEach((count, second) => {
      if (second >= first && second < first + 10) log[second] = count - Math.round(count * share);
    });
    log[first + 10] = (log[first + 10] ?? 0) + held;
    shrunk += shrunkReadings(log, readLog(log, beat(log, 15), 'adaptive')).readings;
  }
  expect(shrunk).toBeLessThanOrEqual(2);
});
