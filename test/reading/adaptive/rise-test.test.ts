import { describe, expect, it } from 'vitest';
import { shortestRise, countedSpans, testRise } from '../../../src/reading/adaptive/rise-test.ts';

/** Returns the lines of the last seconds of a log, the newest second last. */
const linesOf = (log: readonly number[]) => (seconds: number) =>
  log.slice(-seconds).reduce((sum, lines) => sum + lines, 0);

/** Alternates, so that the dispersion is 1. */
const steady = (seconds: number, lines: number) => Array.from({ length: seconds }, () => lines);
const shrunkBy = (log: readonly number[], earlierBins: readonly number[] = []) =>
  shortestRise(testRise(linesOf(log), earlierBins))?.seconds;

describe('the test of a rise', () => {
  it('has the figures of the likelihood ratio of two Poisson rates to one', () => {
    const [three] = testRise(linesOf([...steady(57, 10), ...steady(3, 20)]), []);
    // 60·ln(60/(3·10.5)) + 570·ln(570/(57·10.5))
    expect(three).toMatchObject({ seconds: 3, lines: 60, dispersion: 1 });
    expect(three?.logLikelihoodRatio).toBeCloseTo(60 * Math.log(60 / 31.5) + 570 * Math.log(570 / 598.5), 9);
    expect(three?.evidence).toBe(three?.logLikelihoodRatio);
  });

  it('chooses the shortest span that shows the rise: longer ones as it ages, and none once it fills the window', () => {
    const shrunk = [2, 3, 5, 8, 12, 40].map((age) => shrunkBy([...steady(60 - age, 10), ...steady(age, 30)]));
    expect(shrunk).toEqual([3, 3, 3, 8, 8, undefined]);
  });

  it.each<[string, readonly number[]]>([
    ['steady requests', steady(60, 10)],
    ['no request', steady(60, 0)],
    ['fewer requests', [...steady(55, 50), ...steady(5, 10)]],
    ['a rise below half', [...steady(48, 500), ...steady(12, 700)]],
    ['fewer than 8 requests', [...steady(57, 0), 2, 2, 3]],
    ['requests that were held up for 5 s', [...steady(52, 50), ...steady(5, 0), 300, 50, 50]],
  ])('finds no rise with %s', (_, log) => {
    expect(shrunkBy(log)).toBeUndefined();
  });

  it('needs more evidence of bursty requests, of the last minute or of before', () => {
    const rising = [...steady(57, 10), ...steady(3, 25)];
    expect(shrunkBy(rising)).toBe(3);
    const bursts = Array.from({ length: 48 }, (_, index) => (index % 2 === 0 ? 20 : 80));
    expect(shrunkBy(rising, bursts)).toBeUndefined();
    const bursty = rising.map((lines, second) => (second < 50 ? (second % 10 < 5 ? 1 : 19) : lines));
    expect(shrunkBy(bursty)).toBeUndefined();
  });

  it('finds nothing where a count is missing', () => {
    expect(shortestRise(testRise(() => Number.NaN, []))).toBeUndefined();
  });
});

it('a query counts each span once, the window too', () => {
  const bins = [10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60];
  expect(countedSpans(15)).toEqual([3, 5, 8, 12, ...bins].sort((a, b) => a - b));
  expect(countedSpans(17)).toContain(17);
  expect(countedSpans(300).at(-1)).toBe(300);
});
