/**
 * Whether requests rise by more than chance: the last few seconds against the rest of a minute, by the likelihood ratio of
 * two Poisson rates to one. docs/decisions/adaptive-window.md has the reasons of all numbers here.
 */

/** The spans that may become the window. */
const shortSpans = [3, 5, 8, 12] as const;
/** What the short spans are compared with, themselves included. */
const baseSeconds = 60;
/** The dispersion is that of the lines in spans of this length. */
export const binSeconds = 5;
/** How far back before the end of the window the dispersion is measured. */
export const dispersionSeconds = 300;
/** The rate of the short span must be greater than that of the rest of the base by this factor. */
const leastRise = 1.5;
const leastLines = 8;
/** The evidence that is enough: with steady traffic, chance reaches it less than once a day. */
export const enoughEvidence = 8.7;
/**
 * Lines that were held up come at once, but then their collector's lines are missing just before. In this time, a rise has
 * at least `leastKept` of what exceeds the usual lines in the short span.
 */
const settlingSeconds = 20;
const leastKept = 0.5;

/** Returns the lines of the last so many seconds of a window. */
export type LinesInLast = (seconds: number) => number;

/** The test of one short span. */
export interface SpanTest {
  readonly seconds: number;
  readonly lines: number;
  /** Variance over mean of the lines in 5 s, before the span; 1 if they differ as by chance. */
  readonly dispersion: number;
  readonly logLikelihoodRatio: number;
  /** Above `enoughEvidence`, requests rise. 0 if the rise is too small, has too few lines, or may be lines held up. */
  readonly evidence: number;
}

/** Returns the spans, in ascending order, that a query counts for a window: for the test, the dispersion and the window. */
export function countedSpans(windowSeconds: number): readonly number[] {
  const bins = Array.from({ length: baseSeconds / binSeconds }, (_, index) => (index + 1) * binSeconds);
  return [...new Set([...shortSpans, ...bins, windowSeconds])].sort((a, b) => a - b);
}

/** Returns the lines of each 5 s of the base, the newest first. */
export const binsOf = (linesInLast: LinesInLast): readonly number[] =>
  Array.from(
    { length: baseSeconds / binSeconds },
    (_, index) => linesInLast((index + 1) * binSeconds) - (index === 0 ? 0 : linesInLast(index * binSeconds)),
  );

/** @param earlierBins the lines of spans of 5 s before the base, as far as they are known */
export const testRise = (linesInLast: LinesInLast, earlierBins: readonly number[]): readonly SpanTest[] =>
  shortSpans.map((seconds) => testSpan(seconds, linesInLast, earlierBins));

/** Returns the shortest span with enough evidence: a longer one may have more, but also seconds from before the rise. */
export const shortestRise = (tests: readonly SpanTest[]): SpanTest | undefined =>
  tests.find(({ evidence }) => evidence > enoughEvidence);

function testSpan(seconds: number, linesInLast: LinesInLast, earlierBins: readonly number[]): SpanTest {
  const all = linesInLast(baseSeconds);
  const lines = linesInLast(seconds);
  const before = all - lines;
  const secondsBefore = baseSeconds - seconds;
  const rate = all / baseSeconds;
  const logLikelihoodRatio = gain(lines, seconds * rate) + gain(before, secondsBefore * rate);
  const earlier = [...binsOf(linesInLast).slice(Math.ceil(seconds / binSeconds)), ...earlierBins];
  const dispersion = dispersionOf(earlier);
  const isRise =
    lines >= leastLines &&
    lines / seconds > (leastRise * before) / secondsBefore &&
    !isHeldUp(seconds, linesInLast);
  return {
    seconds,
    lines,
    dispersion,
    logLikelihoodRatio,
    evidence: isRise ? logLikelihoodRatio / dispersion : 0,
  };
}

const gain = (lines: number, expected: number) => (lines === 0 ? 0 : lines * Math.log(lines / expected));

function isHeldUp(seconds: number, linesInLast: LinesInLast): boolean {
  const settling = linesInLast(settlingSeconds);
  const usual = (linesInLast(baseSeconds) - settling) / (baseSeconds - settlingSeconds);
  const excess = linesInLast(seconds) - usual * seconds;
  return settling - usual * settlingSeconds < excess * leastKept;
}

/** Returns variance over mean, at least 1: traffic is never steadier than chance. */
function dispersionOf(counts: readonly number[]): number {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  if (mean === 0) return 1;
  const squares = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0);
  return Math.max(1, squares / (counts.length - 1) / mean);
}
