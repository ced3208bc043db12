import { expect } from 'vitest';
import { DelayEstimator, probeReachSeconds } from '../../../src/reading/delay/delay-estimator.ts';
import { defaultSettings } from './late-logs.ts';

/** How many lines of a second have arrived when it is this many seconds old. */
export type Coming = (second: number, ageSeconds: number) => number;

/** `lines` in every second, all of which arrive when it is `lagSeconds` old. */
export const steady =
  (lines: number, lagSeconds: number): Coming =>
  (_, ageSeconds) =>
    ageSeconds >= lagSeconds ? lines : 0;

export const betweenProbes = 17;

/** Feeds an estimator with one probe after the other. */
export class Probing {
  readonly estimator = new DelayEstimator(defaultSettings);
  nowSeconds = 100_000;

  probe(coming: Coming, uncountedSeconds = 0) {
    const endSeconds = this.nowSeconds - uncountedSeconds;
    const window = { startSeconds: endSeconds - probeReachSeconds(defaultSettings), endSeconds };
    const counts = new Map<number, number>();
    for (let second = window.startSeconds; second < endSeconds; second++) {
      const lines = coming(second, this.nowSeconds - second - 1);
      if (lines > 0) counts.set(second, lines);
    }
    const change = this.estimator.observe({ asOfSeconds: this.nowSeconds, window, counts });
    this.nowSeconds += betweenProbes;
    return change;
  }

  /** Returns the delay after each probe. */
  times(probes: number, coming: Coming): number[] {
    return Array.from({ length: probes }, () => (this.probe(coming), this.estimator.delaySeconds));
  }
}

/** The delay has come down to 4 s: lines are 3 s late. */
export function settled(lines = 100) {
  const probing = new Probing();
  probing.times(12, steady(lines, 3));
  expect(probing.estimator.delaySeconds).toBe(4);
  return probing;
}
