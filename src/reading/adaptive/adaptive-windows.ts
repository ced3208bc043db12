import { LRUCache } from 'lru-cache';
import type { Aggregates } from '../../metric/measures.ts';
import { windowSeconds, type Outcome, type Window } from '../../metric/sample.ts';
import type { Series } from '../../metric/series.ts';
import type { AggregatesByRoute } from '../../sls/aggregate-source.ts';
import { lastAlias } from '../../sls/query-text.ts';
import { outcomeFromResult } from '../plan.ts';
import {
  binSeconds,
  binsOf,
  shortestRise,
  dispersionSeconds,
  testRise,
  type LinesInLast,
  type SpanTest,
} from './rise-test.ts';

export interface AdaptiveObserver {
  /** A reading is of a shorter window, because requests rise. */
  windowShrunk(event: { readonly metric: string }): void;
}

/** The lines of 5 s that end at `endSeconds`. */
interface Bin {
  readonly endSeconds: number;
  readonly lines: number;
}

/** Only how bursty a series was is forgotten with it. No number of a reading rests on that. */
const maxSeries = 10_000;
/** Of keys, and of about 100 bytes for each 5 s that are counted. */
const maxBytes = 32 * 1024 * 1024;
const binBytes = 100;

/** Chooses the windows of adaptive series. Remembers only the lines of the last 5 minutes, for their dispersion. */
export class AdaptiveWindows {
  readonly #observer: AdaptiveObserver;
  /**
   * By key of the series, the oldest first. No two overlap.
   *
   * @bound {maxSeries} series | {maxBytes} | a series that is forgotten reads its usual window | constants
   */
  readonly #bins = new LRUCache<string, readonly Bin[]>({
    max: maxSeries,
    maxSize: maxBytes,
    sizeCalculation: (bins, key) => key.length + (bins.length + 1) * binBytes,
  });

  constructor(observer: AdaptiveObserver) {
    this.#observer = observer;
  }

  /** Returns the outcome of one adaptive series from the complete result of a query for this window. */
  outcomeOf(series: Series, window: Window, result: AggregatesByRoute): Outcome {
    const linesInLast = linesIn(result.get(series.route));
    const rise = shortestRise(this.test(series, window, linesInLast));
    if (rise !== undefined) this.#observer.windowShrunk({ metric: series.metric.name });
    const seconds = rise?.seconds ?? windowSeconds(window);
    const { endSeconds } = window;
    const read = { startSeconds: endSeconds - seconds, endSeconds };
    return outcomeFromResult(series, read, new Map([[series.route, { requests: linesInLast(seconds) }]]));
  }

  /** Tests whether requests rise, and remembers their lines. */
  test({ key }: Series, { endSeconds }: Window, linesInLast: LinesInLast): readonly SpanTest[] {
    const bins = binsOf(linesInLast);
    const baseStart = endSeconds - bins.length * binSeconds;
    const known = (this.#bins.get(key) ?? []).filter(
      // Ends in the future are from before the clock was set back.
      (bin) => bin.endSeconds <= endSeconds && bin.endSeconds - binSeconds >= endSeconds - dispersionSeconds,
    );
    const knownUntil = known.at(-1)?.endSeconds ?? -Infinity;
    const added = bins
      .map((lines, index): Bin => ({ endSeconds: endSeconds - index * binSeconds, lines }))
      .filter((bin) => bin.endSeconds - binSeconds >= knownUntil);
    this.#bins.set(key, [...known, ...added.reverse()]);
    return testRise(
      linesInLast,
      known.filter((bin) => bin.endSeconds <= baseStart).map(({ lines }) => lines),
    );
  }
}

/** A route without a row had no line. */
export const linesIn =
  (aggregates: Aggregates | undefined): LinesInLast =>
  (seconds) =>
    aggregates === undefined ? 0 : (aggregates[lastAlias(seconds)] ?? Number.NaN);
