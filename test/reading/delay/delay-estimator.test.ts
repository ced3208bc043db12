import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DelayEstimator, probeReachSeconds } from '../../../src/reading/delay/delay-estimator.ts';
import { defaultSettings } from './late-logs.ts';

/** How many lines of a second are there once it is so many seconds old. */
type Coming = (second: number, ageSeconds: number) => number;

/** `lines` in every second, all there once it is `lagSeconds` old. */
const steady =
  (lines: number, lagSeconds: number): Coming =>
  (_, ageSeconds) =>
    ageSeconds >= lagSeconds ? lines : 0;

const betweenProbes = 17;

/** Probes an estimator one moment after the other. */
class Probing {
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

  /** @returns the delay after each */
  times(probes: number, coming: Coming): number[] {
    return Array.from({ length: probes }, () => (this.probe(coming), this.estimator.delaySeconds));
  }
}

/** Whose delay has come down to 4: lines are 3 s late. */
function settled(lines = 100) {
  const probing = new Probing();
  probing.times(12, steady(lines, 3));
  expect(probing.estimator.delaySeconds).toBe(4);
  return probing;
}

const quiet: Coming = () => 0;

describe('the delay', () => {
  it('is the initial one until lines were counted twice', () => {
    const probing = new Probing();
    expect(probing.estimator.delaySeconds).toBe(10);
    expect(probing.times(1, steady(100, 30))).toEqual([10]);
  });

  it('is raised at once, by one comparison', () => {
    const probing = new Probing();
    expect(probing.times(2, steady(100, 16))).toEqual([10, 17]);
  });

  it('is lowered once eight comparisons agree', () => {
    expect(new Probing().times(10, steady(100, 3))).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 4, 4]);
  });

  it('tells each change with what readings would have missed without it', () => {
    const probing = settled();
    const lateFive: Coming = (_, age) => (age >= 5 ? 100 : 80);
    const change = probing.probe(lateFive) ?? probing.probe(lateFive);
    expect(change).toEqual({ beforeSeconds: 4, delaySeconds: 6, missingShare: expect.any(Number) as number });
    // Two seconds of fifteen without a fifth of their lines, in one trial of eight.
    expect(change?.missingShare).toBeCloseTo((2 * 0.2) / 15 / 8);
    expect(probing.probe(lateFive)).toBeUndefined();
  });

  it.each([0, 1, 2, 5, 14, 30, 44, 58])('is a second more than a lag of %i s, within bounds', (lag) => {
    const probing = new Probing();
    probing.times(20, steady(100, lag));
    expect(probing.estimator.delaySeconds).toBe(Math.max(2, lag + 1));
    expect(probing.estimator.saturated).toBe(false);
  });

  it.each([60, 80, 100])('stops at the longest for a lag of %i s, says so, and comes back', (lag) => {
    const probing = settled();
    probing.times(20, steady(100, lag));
    expect(probing.estimator).toMatchObject({ delaySeconds: 60, saturated: true });
    probing.times(20, steady(100, 3));
    expect(probing.estimator).toMatchObject({ delaySeconds: 4, saturated: false });
  });

  it('follows a lag that rises while the newest seconds have no line at all', () => {
    const probing = settled();
    const since = probing.nowSeconds;
    const rising: Coming = (second, age) => (age >= (second < since ? 3 : 40) ? 100 : 0);
    const delays = probing.times(6, rising);
    expect(delays.slice(0, 3)).toEqual([4, 4, 4]);
    expect(delays.at(-1)).toBe(41);
  });

  it.each([2, 3, 4, 5, 6, 10])('covers what a collector holds back that ships every %i s', (every) => {
    const probing = new Probing();
    const shipped: Coming = (second, age) => {
      const now = second + 1 + age;
      return second + 1 <= now - (now % every) ? 100 : 0;
    };
    probing.times(20, shipped);
    expect(probing.estimator.delaySeconds).toBe(every);
  });

  it('follows a lag that rises as traffic falls, whatever the many lines before say', () => {
    const probing = settled(10_000);
    const since = probing.nowSeconds;
    const fallen: Coming = (second, age) => (second < since ? steady(10_000, 3) : steady(5, 12))(second, age);
    expect(probing.times(4, fallen).at(-1)).toBe(13);
  });

  it('is not lowered by a single second, which chance may decide', () => {
    const probing = settled();
    expect(new Set(probing.times(20, steady(100, 2)))).toEqual(new Set([4]));
    expect(probing.times(20, steady(100, 1)).at(-1)).toBe(2);
  });

  it('is raised to where hardly anything is missed, not to where it is just tolerable', () => {
    const probing = new Probing();
    // Of 10,000 lines a second, 100 come 10 s late and 7 come 25 s late.
    const trailing: Coming = (_, age) => (age < 10 ? 9893 : age < 25 ? 9993 : 10_000);
    // So that 4 seconds of fifteen lack 7 lines.
    expect(probing.times(2, trailing).at(-1)).toBe(22);
  });

  it('is not moved by a share of late lines too small for a reading', () => {
    const probing = settled(1000);
    // 7 of the 15,000 lines of a reading.
    const few: Coming = (second, age) => (age >= 25 || second % 15 > 0 ? steady(1000, 3)(second, age) : 993);
    expect(new Set(probing.times(20, few))).toEqual(new Set([4]));
  });
});

describe('a logstore that is quiet', () => {
  it('leaves the delay as it starts', () => {
    expect(new Set(new Probing().times(500, quiet))).toEqual(new Set([10]));
  });

  it('leaves a delay that was lowered or raised, and takes no part in lowering it', () => {
    const lowered = settled();
    expect(new Set(lowered.times(500, quiet))).toEqual(new Set([4]));
    const raised = settled();
    const last = raised.nowSeconds;
    raised.times(10, steady(100, 20));
    const ended: Coming = (second, age) => (second < last + 10 * betweenProbes && age >= 20 ? 100 : 0);
    expect(new Set(raised.times(500, ended))).toEqual(new Set([21]));
    expect(raised.times(9, steady(100, 3)).at(-1)).toBe(4);
  });

  it('has the first lines after it noticed that come late', () => {
    const probing = settled();
    const stopped = probing.nowSeconds;
    probing.times(20, quiet);
    const resumed = probing.nowSeconds;
    const late: Coming = (second, age) =>
      second >= resumed ? steady(100, 40)(second, age) : second < stopped ? 100 : 0;
    expect(probing.times(5, late)).toEqual([4, 4, 4, 35, 41]);
  });

  it('takes nothing from what was known before', () => {
    const probing = new Probing();
    const traffic = steady(100, 3);
    expect(probing.times(7, traffic).at(-1)).toBe(10);
    const stopped = probing.nowSeconds;
    expect(probing.times(200, quiet).at(-1)).toBe(10);
    const resumed = probing.nowSeconds;
    const pausing: Coming = (second, age) =>
      second < stopped || second >= resumed ? traffic(second, age) : 0;
    expect(probing.times(3, pausing).at(-1)).toBe(4);
  });
});

/** One line every 10 s. */
const sparse =
  (lagSeconds: number): Coming =>
  (second, age) =>
    second % 10 === 0 && age >= lagSeconds ? 1 : 0;

describe('a logstore with few lines', () => {
  it('has its delay lowered by twenty comparisons', () => {
    const delays = new Probing().times(30, sparse(3));
    expect(delays.slice(0, 20)).toEqual(Array(20).fill(10));
    expect(delays.at(-1)).toBeLessThanOrEqual(4);
  });

  it('has it raised by one late line, and lowered again', () => {
    const probing = new Probing();
    probing.times(30, sparse(3));
    const straggler = probing.nowSeconds - (probing.nowSeconds % 10);
    const late: Coming = (second, age) => (second === straggler && age < 25 ? 0 : sparse(3)(second, age));
    const delays = probing.times(40, late);
    expect(Math.max(...delays)).toBeGreaterThan(15);
    expect(delays.at(-1)).toBeLessThanOrEqual(4);
  });

  it('is not judged by a line in ten minutes', () => {
    const once: Coming = (second) => (second % 600 === 0 ? 1 : 0);
    expect(new Set(new Probing().times(500, once))).toEqual(new Set([10]));
  });
});

describe('probes that do not come in order', () => {
  it('learns across some that were lost', () => {
    const probing = settled();
    probing.nowSeconds += 2 * betweenProbes;
    expect(probing.times(2, steady(100, 50)).at(-1)).toBe(51);
  });

  it('learns nothing across a gap longer than they reach, and goes on after it', () => {
    const probing = settled();
    probing.nowSeconds += 3600;
    expect(probing.times(1, steady(100, 20))).toEqual([4]);
    expect(probing.times(1, steady(100, 20))).toEqual([21]);
  });

  it('forgets what it saw before the clock was set back, and keeps the delay', () => {
    const probing = new Probing();
    probing.times(30, sparse(3));
    const { delaySeconds } = probing.estimator;
    const now = probing.nowSeconds;
    probing.nowSeconds += 90;
    probing.times(2, (second, age) => (second < now ? sparse(3)(second, age) : 0));
    probing.nowSeconds = now;
    // Seconds that were empty, since they had not come about yet, fill up.
    expect(new Set(probing.times(20, sparse(3)))).toEqual(new Set([delaySeconds]));
  });

  it('keeps a raised delay for eight comparisons more after the clock was set back', () => {
    const probing = settled();
    probing.times(3, steady(100, 20));
    probing.nowSeconds -= 300;
    const delays = probing.times(10, steady(100, 3));
    expect(delays.slice(0, 8)).toEqual(Array(8).fill(21));
    expect(delays.at(-1)).toBe(4);
  });

  it('follows a clock that was set ahead', () => {
    const probing = settled();
    probing.nowSeconds += 30;
    const ahead = steady(100, 33);
    expect(probing.times(3, ahead).at(-1)).toBe(34);
  });

  it('takes counts that shrink for no news', () => {
    const probing = settled();
    const shrinking: Coming = (_, age) => (age >= 3 && age < 40 ? 100 : 0);
    expect(new Set(probing.times(20, shrinking))).toEqual(new Set([4]));
  });

  it('says nothing of the seconds that a slow answer did not count', () => {
    const probing = settled();
    const delays = Array.from({ length: 20 }, () => {
      probing.probe(steady(100, 3), 6);
      return probing.estimator.delaySeconds;
    });
    expect(new Set(delays)).toEqual(new Set([4]));
  });

  it('stays within its bounds whatever it is told', () => {
    const probe = fc.record({
      step: fc.integer({ min: -200, max: 200 }),
      reach: fc.integer({ min: 0, max: 300 }),
      uncounted: fc.integer({ min: 0, max: 30 }),
      lines: fc.array(fc.nat(50), { maxLength: 60 }),
    });
    fc.assert(
      fc.property(fc.array(probe, { maxLength: 40 }), (probes) => {
        const estimator = new DelayEstimator(defaultSettings);
        let asOfSeconds = 100_000;
        for (const { step, reach, uncounted, lines } of probes) {
          asOfSeconds += step;
          const endSeconds = asOfSeconds - uncounted;
          const counts = new Map(lines.map((count, index) => [endSeconds - 1 - index, count]));
          estimator.observe({
            asOfSeconds,
            window: { startSeconds: endSeconds - reach, endSeconds },
            counts,
          });
          expect(estimator.delaySeconds).toSatisfy(Number.isInteger);
          expect(estimator.delaySeconds).toBeGreaterThanOrEqual(2);
          expect(estimator.delaySeconds).toBeLessThanOrEqual(60);
        }
      }),
    );
  });
});
