import type { Window } from '../../../src/metric/sample.ts';
import { DelayEstimator, type DelaySettings } from '../../../src/reading/delay/delay-estimator.ts';
import type { SecondCounts } from '../../../src/sls/second-counts.ts';
import { seeded } from '../../support/seeded.ts';

/** Times are Unix seconds with a fraction. */
interface LateLine {
  readonly route: number;
  readonly loggedAt: number;
  readonly visibleAt: number;
}

export interface Traffic {
  readonly fromSeconds: number;
  readonly seconds: number;
  /** Lines per second of each route. */
  readonly rates: readonly number[];
  /** The time from when a line is logged until queries see it. */
  readonly lagSeconds: (loggedAt: number, random: () => number) => number;
  /** A factor for the rates at a time, 0 to 1. Default: 1. */
  readonly share?: (at: number) => number;
}

/** Poisson traffic, in the order in which its lines become visible. */
export function lateLines(
  { fromSeconds, seconds, rates, lagSeconds, share }: Traffic,
  random: () => number,
): LateLine[] {
  const lines: LateLine[] = [];
  for (const [route, rate] of rates.entries()) {
    for (let at = 0; ;) {
      at -= Math.log(1 - random()) / rate;
      if (at >= seconds) break;
      const loggedAt = fromSeconds + at;
      if (share !== undefined && random() >= share(loggedAt)) continue;
      lines.push({ route, loggedAt, visibleAt: loggedAt + lagSeconds(loggedAt, random) });
    }
  }
  return lines.sort((a, b) => a.visibleAt - b.visibleAt);
}

/** Counts lines by route and second. */
export class LineCounts {
  readonly #fromSeconds: number;
  readonly #byRoute: readonly Uint32Array[];

  constructor({ fromSeconds, seconds, rates }: Traffic) {
    this.#fromSeconds = fromSeconds;
    this.#byRoute = rates.map(() => new Uint32Array(seconds));
  }

  add({ route, loggedAt }: LateLine): void {
    const counts = this.#byRoute[route];
    const index = Math.floor(loggedAt) - this.#fromSeconds;
    if (counts !== undefined) counts[index] = (counts[index] ?? 0) + 1;
  }

  lines(route: number, { startSeconds, endSeconds }: Window): number {
    const start = Math.max(0, startSeconds - this.#fromSeconds);
    const end = Math.max(start, endSeconds - this.#fromSeconds);
    return this.#byRoute[route]?.subarray(start, end).reduce((sum, lines) => sum + lines, 0) ?? 0;
  }

  bySecond({ startSeconds, endSeconds }: Window): SecondCounts {
    const counts = new Map<number, number>();
    for (let second = Math.max(startSeconds, this.#fromSeconds); second < endSeconds; second++) {
      const index = second - this.#fromSeconds;
      const lines = this.#byRoute.reduce((sum, route) => sum + (route[index] ?? 0), 0);
      if (lines > 0) counts.set(second, lines);
    }
    return counts;
  }
}

/** Readings of every route at one moment. */
export interface Readings {
  readonly at: number;
  readonly delaySeconds: number;
  /** Readings of routes with lines in the window. */
  readonly made: number;
  /** How many of them miss more than 1 % of the lines that arrived in the end. */
  readonly bad: number;
}

/** Returns the share of readings in a period that missed more than 1 % of their lines. */
export function badShare(readings: readonly Readings[], from = -Infinity, to = Infinity): number {
  const within = readings.filter(({ at }) => at >= from && at < to);
  const made = within.reduce((sum, reading) => sum + reading.made, 0);
  return made === 0 ? 0 : within.reduce((sum, reading) => sum + reading.bad, 0) / made;
}

/** Returns the seconds from a moment until the delay first matches; Infinity if it never does. */
export function secondsUntil(
  readings: readonly Readings[],
  from: number,
  condition: (delaySeconds: number) => boolean,
): number {
  const found = readings.find(({ at, delaySeconds }) => at >= from && condition(delaySeconds));
  return found === undefined ? Infinity : found.at - from;
}

export interface Rehearsal extends Traffic {
  readonly seed: number;
  /** Whether the probe at this moment is lost. */
  readonly lost?: (at: number, random: () => number) => boolean;
  readonly settings?: DelaySettings;
}

const betweenProbes = 17.125;
const betweenReadings = 5;
const readingSeconds = 15;
export const defaultSettings: DelaySettings = { initialSeconds: 10, leastSeconds: 2, mostSeconds: 60 };

/**
 * Simulates a logstore that is read every 5 s with the delay learned so far, and probed from 120 s on, at a phase that
 * depends on the seed. Moments count from the beginning of the traffic.
 */
export function rehearse(rehearsal: Rehearsal): { readings: Readings[]; estimator: DelayEstimator } {
  const { seed, fromSeconds, seconds, rates, lost } = rehearsal;
  const random = seeded(seed);
  const lines = lateLines(rehearsal, random);
  const final = new LineCounts(rehearsal);
  for (const line of lines) final.add(line);
  const visible = new LineCounts(rehearsal);
  const estimator = new DelayEstimator(rehearsal.settings ?? defaultSettings);
  const readings: Readings[] = [];
  let next = 0;
  const advance = (to: number) => {
    for (let line = lines[next]; line !== undefined && line.visibleAt <= to; line = lines[++next])
      visible.add(line);
  };
  let probeAt = fromSeconds + 120 + random() * betweenProbes;
  const probeUntil = (to: number) => {
    for (; probeAt <= to; probeAt += betweenProbes) {
      if (lost?.(probeAt - fromSeconds, random) === true) continue;
      advance(probeAt);
      const asOfSeconds = Math.floor(probeAt);
      const window = { startSeconds: asOfSeconds - 120, endSeconds: asOfSeconds };
      estimator.observe({ asOfSeconds, window, counts: visible.bySecond(window) });
    }
  };
  for (let at = fromSeconds + 120 + random(); at < fromSeconds + seconds; at += betweenReadings) {
    probeUntil(at);
    advance(at);
    const { delaySeconds } = estimator;
    const endSeconds = Math.floor(at) - delaySeconds;
    const window = { startSeconds: endSeconds - readingSeconds, endSeconds };
    const expected = rates.map((_, route) => final.lines(route, window));
    const missed = expected.map((all, route) => all - visible.lines(route, window));
    const bad = missed.filter((late, route) => late > 0.01 * (expected[route] ?? 0)).length;
    readings.push({
      at: at - fromSeconds,
      delaySeconds,
      made: expected.filter((all) => all > 0).length,
      bad,
    });
  }
  return { readings, estimator };
}
