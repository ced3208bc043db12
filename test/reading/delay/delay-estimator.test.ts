import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DelayEstimator } from '../../../src/reading/delay/delay-estimator.ts';
import { defaultSettings } from './late-logs.ts';
import { betweenProbes, Probing, settled, steady, type Coming } from './probing.ts';

const quiet: Coming = () => 0;

describe('the estimated delay', () => {
  it('is the initial delay until lines were counted twice', () => {
    const probing = new Probing();
    expect(probing.estimator.delaySeconds).toBe(10);
    expect(probing.times(1, steady(100, 30))).toEqual([10]);
  });

  it('is raised after one trial', () => {
    const probing = new Probing();
    expect(probing.times(2, steady(100, 16))).toEqual([10, 17]);
  });

  it('is lowered once eight trials agree', () => {
    expect(new Probing().times(10, steady(100, 3))).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 4, 4]);
  });

  it('comes with the share of lines that readings would have missed without the change', () => {
    const probing = settled();
    const lateFive: Coming = (_, age) => (age >= 5 ? 100 : 80);
    const change = probing.probe(lateFive) ?? probing.probe(lateFive);
    expect(change).toEqual({ beforeSeconds: 4, delaySeconds: 6, missingShare: expect.any(Number) as number });
    // In one trial of eight, two seconds of fifteen lack a fifth of their lines.
    expect(change?.missingShare).toBeCloseTo((2 * 0.2) / 15 / 8);
    expect(probing.probe(lateFive)).toBeUndefined();
  });

  it.each([0, 1, 2, 5, 14, 30, 44, 58])('is one second more than a lag of %i s, within its bounds', (lag) => {
    const probing = new Probing();
    probing.times(20, steady(100, lag));
    expect(probing.estimator.delaySeconds).toBe(Math.max(2, lag + 1));
    expect(probing.estimator.saturated).toBe(false);
  });

  it.each([60, 80, 100])(
    'stops at mostSeconds for a lag of %i s, reports saturation, and comes down again',
    (lag) => {
      const probing = settled();
      probing.times(20, steady(100, lag));
      expect(probing.estimator).toMatchObject({ delaySeconds: 60, saturated: true });
      probing.times(20, steady(100, 3));
      expect(probing.estimator).toMatchObject({ delaySeconds: 4, saturated: false });
    },
  );

  it('follows a lag that rises so far that the newest seconds have no line', () => {
    const probing = settled();
    const since = probing.nowSeconds;
    const rising: Coming = (second, age) => (age >= (second < since ? 3 : 40) ? 100 : 0);
    const delays = probing.times(6, rising);
    expect(delays.slice(0, 3)).toEqual([4, 4, 4]);
    expect(delays.at(-1)).toBe(41);
  });

  it.each([2, 3, 4, 5, 6, 10])('covers the lag of a collector that ships every %i s', (every) => {
    const probing = new Probing();
    const shipped: Coming = (second, age) => {
      const now = second + 1 + age;
      return second + 1 <= now - (now % every) ? 100 : 0;
    };
    probing.times(20, shipped);
    expect(probing.estimator.delaySeconds).toBe(every);
  });

  it('follows a lag that rises while traffic falls, despite the many lines before', () => {
    const probing = settled(10_000);
    const since = probing.nowSeconds;
    const fallen: Coming = (second, age) => (second < since ? steady(10_000, 3) : steady(5, 12))(second, age);
    expect(probing.times(4, fallen).at(-1)).toBe(13);
  });

  it('is not lowered by a single second, which may be due to chance', () => {
    const probing = settled();
    expect(new Set(probing.times(20, steady(100, 2)))).toEqual(new Set([4]));
    expect(probing.times(20, steady(100, 1)).at(-1)).toBe(2);
  });

  it('is raised to where hardly any line is missed, not only to the tolerable share', () => {
    const probing = new Probing();
    // Of 10,000 lines a second, 100 are 10 s late and 7 are 25 s late.
    const trailing: Coming = (_, age) => (age < 10 ? 9893 : age < 25 ? 9993 : 10_000);
    // Then 4 seconds of fifteen lack 7 lines each.
    expect(probing.times(2, trailing).at(-1)).toBe(22);
  });

  it('does not change for a share of late lines that is too small for a reading', () => {
    const probing = settled(1000);
    // That is 7 of the 15,000 lines of a reading.
    const few: Coming = (second, age) => (age >= 25 || second % 15 > 0 ? steady(1000, 3)(second, age) : 993);
    expect(new Set(probing.times(20, few))).toEqual(new Set([4]));
  });
});

describe('the estimated delay of a logstore without lines', () => {
  it('stays at the initial delay', () => {
    expect(new Set(new Probing().times(500, quiet))).toEqual(new Set([10]));
  });

  it('stays where it was lowered or raised to, and probes without lines do not lower it', () => {
    const lowered = settled();
    expect(new Set(lowered.times(500, quiet))).toEqual(new Set([4]));
    const raised = settled();
    const last = raised.nowSeconds;
    raised.times(10, steady(100, 20));
    const ended: Coming = (second, age) => (second < last + 10 * betweenProbes && age >= 20 ? 100 : 0);
    expect(new Set(raised.times(500, ended))).toEqual(new Set([21]));
    expect(raised.times(9, steady(100, 3)).at(-1)).toBe(4);
  });

  it('is raised by the first late lines after that', () => {
    const probing = settled();
    const stopped = probing.nowSeconds;
    probing.times(20, quiet);
    const resumed = probing.nowSeconds;
    const late: Coming = (second, age) =>
      second >= resumed ? steady(100, 40)(second, age) : second < stopped ? 100 : 0;
    expect(probing.times(5, late)).toEqual([4, 4, 4, 35, 41]);
  });

  it('uses the probes from before the silence', () => {
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

/** One line in 10 s. */
const sparse =
  (lagSeconds: number): Coming =>
  (second, age) =>
    second % 10 === 0 && age >= lagSeconds ? 1 : 0;

describe('the estimated delay of a logstore with few lines', () => {
  it('is lowered after twenty trials', () => {
    const delays = new Probing().times(30, sparse(3));
    expect(delays.slice(0, 20)).toEqual(Array(20).fill(10));
    expect(delays.at(-1)).toBeLessThanOrEqual(4);
  });

  it('is raised by one late line and lowered again', () => {
    const probing = new Probing();
    probing.times(30, sparse(3));
    const straggler = probing.nowSeconds - (probing.nowSeconds % 10);
    const late: Coming = (second, age) => (second === straggler && age < 25 ? 0 : sparse(3)(second, age));
    const delays = probing.times(40, late);
    expect(Math.max(...delays)).toBeGreaterThan(15);
    expect(delays.at(-1)).toBeLessThanOrEqual(4);
  });

  it('does not change for one line in ten minutes', () => {
    const once: Coming = (second) => (second % 600 === 0 ? 1 : 0);
    expect(new Set(new Probing().times(500, once))).toEqual(new Set([10]));
  });
});

describe('the estimated delay with lost, late or disordered probes', () => {
  it('is learned although some probes were lost', () => {
    const probing = settled();
    probing.nowSeconds += 2 * betweenProbes;
    expect(probing.times(2, steady(100, 50)).at(-1)).toBe(51);
  });

  it('stays after a gap longer than a probe reaches, and is learned from then on', () => {
    const probing = settled();
    probing.nowSeconds += 3600;
    expect(probing.times(1, steady(100, 20))).toEqual([4]);
    expect(probing.times(1, steady(100, 20))).toEqual([21]);
  });

  it('stays after the clock was set back, and earlier probes are forgotten', () => {
    const probing = new Probing();
    probing.times(30, sparse(3));
    const { delaySeconds } = probing.estimator;
    const now = probing.nowSeconds;
    probing.nowSeconds += 90;
    probing.times(2, (second, age) => (second < now ? sparse(3)(second, age) : 0));
    probing.nowSeconds = now;
    // Seconds that had not begun yet at the earlier probes now have lines.
    expect(new Set(probing.times(20, sparse(3)))).toEqual(new Set([delaySeconds]));
  });

  it('stays raised for two more trials after the clock was set back', () => {
    const probing = settled();
    probing.times(3, steady(100, 20));
    probing.nowSeconds -= 300;
    const delays = probing.times(10, steady(100, 3));
    expect(delays.slice(0, 2)).toEqual([21, 21]);
    expect(new Set(delays.slice(2))).toEqual(new Set([4]));
  });

  it('is raised after the clock was set ahead', () => {
    const probing = settled();
    probing.nowSeconds += 30;
    const ahead = steady(100, 33);
    expect(probing.times(3, ahead).at(-1)).toBe(34);
  });

  it('does not change when counts shrink', () => {
    const probing = settled();
    const shrinking: Coming = (_, age) => (age >= 3 && age < 40 ? 100 : 0);
    expect(new Set(probing.times(20, shrinking))).toEqual(new Set([4]));
  });

  it('ignores the seconds that a slow answer did not count', () => {
    const probing = settled();
    const delays = Array.from({ length: 20 }, () => {
      probing.probe(steady(100, 3), 6);
      return probing.estimator.delaySeconds;
    });
    expect(new Set(delays)).toEqual(new Set([4]));
  });

  it('stays within its bounds for any probes', () => {
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
