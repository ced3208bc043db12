import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { AdaptiveWindows, linesIn } from '../../../src/reading/adaptive/adaptive-windows.ts';
import { countedSpans } from '../../../src/reading/adaptive/rise-test.ts';
import { lastAlias } from '../../../src/sls/query-text.ts';
import { findMetric } from '../../support/catalog.ts';
import { seriesWith } from '../series.ts';

const startSeconds = 1_700_000_000;
const series = seriesWith({ windowMode: 'adaptive' });

let shrunk: string[];
let windows: AdaptiveWindows;
beforeEach(() => {
  shrunk = [];
  windows = new AdaptiveWindows({ windowShrunk: ({ metric }) => shrunk.push(metric) });
});

/** Returns the row that SLS gives of a log, whose first second is `startSeconds`. */
const rowOf = (log: readonly number[], endSeconds: number, spans: readonly number[]) =>
  Object.fromEntries(
    spans.map((seconds) => [lastAlias(seconds), countOf(log, endSeconds - seconds, endSeconds)]),
  );
const countOf = (log: readonly number[], from: number, to: number) =>
  log
    .slice(Math.max(0, from - startSeconds), Math.max(0, to - startSeconds))
    .reduce((sum, lines) => sum + lines, 0);

function read(log: readonly number[], endSeconds: number, one = series) {
  const window = { startSeconds: endSeconds - one.intervalSeconds, endSeconds };
  const lastSeconds = countedSpans(one.intervalSeconds);
  const result = new Map([[one.route, rowOf(log, endSeconds, lastSeconds)]]);
  return windows.outcomeOf(one, window, result);
}

const steady = (seconds: number, lines: number) => Array.from({ length: seconds }, () => lines);

describe('an adaptive window', () => {
  it('is the shorter one that shows a rise, and is counted as shrunk', () => {
    const log = [...steady(60, 10), ...steady(5, 40)];
    expect(read(log, startSeconds + 65)).toEqual({
      kind: 'sample',
      sample: { value: 40, window: { startSeconds: startSeconds + 62, endSeconds: startSeconds + 65 } },
    });
    expect(shrunk).toEqual(['sls_ingress_qps']);
  });

  it('is the whole one while nothing rises', () => {
    expect(read(steady(60, 10), startSeconds + 60)).toEqual({
      kind: 'sample',
      sample: { value: 10, window: { startSeconds: startSeconds + 45, endSeconds: startSeconds + 60 } },
    });
    expect(shrunk).toEqual([]);
  });

  it('reads 0 for a route without a row', () => {
    const window = { startSeconds, endSeconds: startSeconds + 15 };
    expect(windows.outcomeOf(series, window, new Map())).toEqual({
      kind: 'sample',
      sample: { value: 0, window },
    });
  });

  it('is no number if SLS gave none', () => {
    const window = { startSeconds, endSeconds: startSeconds + 15 };
    const result = new Map([[series.route, { [lastAlias(15)]: Number.NaN }]]);
    expect(windows.outcomeOf(series, window, result)).toMatchObject({
      kind: 'failed',
      error: { code: 'SlsReplyInvalid' },
    });
  });

  it('needs more evidence where requests came in bursts within the last five minutes', () => {
    const bursts = Array.from({ length: 150 }, (_, second) => (second % 20 < 10 ? 1 : 19));
    const log = [...bursts, ...steady(57, 10), ...steady(3, 25)];
    for (let second = 60; second < log.length; second += 15) read(log, startSeconds + second);
    expect(read(log, startSeconds + log.length)).toMatchObject({ sample: { value: 10 + 45 / 15 } });
    // Another series has its own requests.
    const other = seriesWith({ windowMode: 'adaptive', route: 'default-b-80' });
    expect(read(log, startSeconds + log.length, other)).toMatchObject({ sample: { value: 25 } });
  });

  it('counts no second twice, however often it reads', () => {
    const log = Array.from({ length: 300 }, (_, second) => (second >= 150 && second < 155 ? 90 : second % 3));
    const dispersions = [5, 15, 60].map((beatSeconds) => {
      windows = new AdaptiveWindows({ windowShrunk: () => undefined });
      for (let second = 60; second < log.length; second += beatSeconds) read(log, startSeconds + second);
      const endSeconds = startSeconds + log.length;
      const linesInLast = linesIn(rowOf(log, endSeconds, countedSpans(15)));
      return windows.test(series, { startSeconds, endSeconds }, linesInLast)[0]?.dispersion;
    });
    expect(dispersions[0]).toBeGreaterThan(100);
    expect(new Set(dispersions).size).toBe(1);
  });

  it('forgets requests of more than five minutes ago, and all after the clock was set back', () => {
    const bursts = Array.from({ length: 150 }, (_, second) => (second % 20 < 10 ? 1 : 19));
    const log = [...bursts, ...steady(357, 10), ...steady(3, 25)];
    for (let second = 60; second < log.length; second += 15) read(log, startSeconds + second);
    expect(read(log, startSeconds + log.length)).toMatchObject({ sample: { value: 25 } });
    const before = steady(60, 0);
    const earlier = [...before, ...steady(57, 10), ...steady(3, 25)];
    for (let second = 300; second < log.length; second += 15) read(log, startSeconds + 5000 + second);
    expect(read(earlier, startSeconds + earlier.length)).toMatchObject({ sample: { value: 25 } });
  });
});

it('a reading is always the true count of the window that it states, at any moments of any log', () => {
  const anyLog = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 1, 3, 10, 60, 500)), {
      minLength: 1,
      maxLength: 12,
    })
    .map((parts) => parts.flatMap(([seconds, lines]) => steady(seconds, lines)));
  const anyMetric = fc.constantFrom('sls_ingress_qps', 'sls_alb_ingress_qps', 'sls_ingress_status_qps');
  const ends = fc.array(fc.integer({ min: -100, max: 500 }), { minLength: 1, maxLength: 12 });
  let shorter = 0;
  fc.assert(
    fc.property(
      anyLog,
      fc.integer({ min: 15, max: 90 }),
      anyMetric,
      ends,
      (log, intervalSeconds, metric, at) => {
        const one = seriesWith({ windowMode: 'adaptive', intervalSeconds, metric: findMetric(metric) });
        for (const offset of [...at, log.length]) {
          const endSeconds = startSeconds + offset;
          const outcome = read(log, endSeconds, one);
          if (outcome.kind === 'failed') throw outcome.error;
          const { value, window } = outcome.sample;
          const seconds = window.endSeconds - window.startSeconds;
          expect([3, 5, 8, 12, intervalSeconds]).toContain(seconds);
          expect(window.endSeconds).toBe(endSeconds);
          expect(value).toBe(countOf(log, window.startSeconds, endSeconds) / seconds);
          if (seconds < intervalSeconds) {
            shorter += 1;
            // Upwards only.
            expect(value).toBeGreaterThan(countOf(log, endSeconds - 60, endSeconds) / 60);
          }
        }
      },
    ),
    { seed: 7, numRuns: 300 },
  );
  expect(shorter).toBeGreaterThan(50);
});

it('lines are those of the column of each span, and 0 without a row', () => {
  expect(linesIn({ [lastAlias(5)]: 7 })(5)).toBe(7);
  expect(linesIn(undefined)(5)).toBe(0);
  expect(linesIn({})(5)).toBeNaN();
});
