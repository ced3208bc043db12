import type { Window } from '../../metric/sample.ts';
import type { LineCounts } from '../../sls/second-counts.ts';
import { LineTimeline } from './line-timeline.ts';
import {
  endedSilenceIn,
  historySeconds,
  leastGapSeconds,
  silenceAtEnd,
  type Silence,
  type SilenceQuestion,
} from './silence-rule.ts';

/** The window of a query, and when it was planned. */
interface PlannedWindow {
  readonly window: Window;
  readonly plannedAtSeconds: number;
  /** When heartbeats were answered whose lines must be in the logstore, Unix seconds. */
  readonly answeredSeconds: readonly number[];
}

/** `unknown`: SLS must be asked for the lines of the whole logstore. */
type Verdict = Silence | 'alive' | 'unknown';

/** Counts younger than this show whether a gap is likely. A steady logstore is probed once a minute for its delay. */
export const countsAreNewSeconds = 70;
/** While the logstore is silent, its lines are counted this often. */
const silentRecountSeconds = 10;
/** Of lines that arrive late. */
const recountedSeconds = 120;
/** Of a window's end before now: `sls.query.delay` is at most 600 s. */
const longestDelaySeconds = 600;

/** The lines of one logstore by second, of any route. */
export class CountedLines {
  #timeline: LineTimeline | undefined;

  /** @param window ends when SLS counted */
  add(
    window: Window,
    { lines, heartbeats, allLines }: Pick<LineCounts, 'lines' | 'heartbeats' | 'allLines'>,
    holdSeconds: number,
    nowSeconds: number,
  ): void {
    const counted = LineTimeline.of(window, lines, heartbeats, allLines);
    const known = this.#timelineAt(nowSeconds);
    // Two counts may overtake each other.
    if (known !== undefined && known.asOfSeconds > counted.asOfSeconds) return;
    this.#timeline = known?.extended(counted, reachSeconds(holdSeconds)) ?? counted;
  }

  /** Returns the seconds to count so that the verdict on a window is certain, as few as necessary. */
  windowToCount(nowSeconds: number, holdSeconds: number): Window {
    const earliest = nowSeconds - reachSeconds(holdSeconds);
    const known = this.#timelineAt(nowSeconds);
    const isKnown = known !== undefined && known.startSeconds <= earliest + countsAreNewSeconds;
    const startSeconds = isKnown ? Math.max(earliest, known.asOfSeconds - recountedSeconds) : earliest;
    return { startSeconds, endSeconds: nowSeconds };
  }

  /**
   * Returns whether the numbers of a window can be true.
   *
   * @param newestSeconds of the lines that any query has seen
   * @param silence that lasts, as far as is known
   */
  judge(
    { window, plannedAtSeconds, answeredSeconds }: PlannedWindow,
    newestSeconds: number,
    silence: Silence | undefined,
    holdSeconds: number,
    nowSeconds: number,
  ): Verdict {
    const timeline = this.#timelineAt(nowSeconds);
    const gapSeconds = window.endSeconds - 1 - newestSeconds;
    const held = silence?.isHeld === true ? silence : undefined;
    if (timeline === undefined) return gapSeconds < leastGapSeconds ? 'alive' : 'unknown';
    const ageSeconds = nowSeconds - timeline.asOfSeconds;
    const question: SilenceQuestion = {
      window,
      newestSeconds,
      settledSeconds: timeline.asOfSeconds - (plannedAtSeconds - window.endSeconds),
      holdSeconds,
      answeredSeconds,
    };
    const ended = endedSilenceIn(timeline, question);
    const isStillSilent =
      held !== undefined && newestSeconds <= held.lastSeconds && ageSeconds <= silentRecountSeconds;
    const last = timeline.lastBefore(window.endSeconds) ?? -Infinity;
    const neededSeconds = Math.max(last + 1 - historySeconds, window.endSeconds - holdSeconds);
    const reachesBack = timeline.startSeconds <= neededSeconds;
    if (reachesBack && (timeline.asOfSeconds >= plannedAtSeconds || isStillSilent))
      return silenceAtEnd(timeline, question) ?? ended ?? 'alive';
    if (held !== undefined) return 'unknown';
    if (ended !== undefined) return ended;
    // Lines of the last seconds may have arrived since they were counted.
    if (endedSilenceIn(timeline, { ...question, settledSeconds: Infinity }) !== undefined) return 'unknown';
    if (gapSeconds < leastGapSeconds) return 'alive';
    if (!reachesBack || ageSeconds > countsAreNewSeconds) return 'unknown';
    const likely = silenceAtEnd(timeline, question);
    return likely?.isHeld === true ? 'unknown' : (likely ?? 'alive');
  }

  /** Returns the counts, unless they are from before the clock was set back. */
  #timelineAt(nowSeconds: number): LineTimeline | undefined {
    const timeline = this.#timeline;
    return timeline !== undefined && timeline.asOfSeconds > nowSeconds + 1 ? undefined : timeline;
  }
}

/** Returns how far back lines are counted: enough to see the history before a silence that is about to be believed. */
const reachSeconds = (holdSeconds: number) => holdSeconds + historySeconds + longestDelaySeconds;
