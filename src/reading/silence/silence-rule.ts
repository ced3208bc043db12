import { windowSeconds, type Window } from '../../metric/sample.ts';
import type { LineTimeline } from './line-timeline.ts';

/**
 * When a logstore without lines is silent: it stopped at once, where lines came steadily. docs/decisions/silence.md has
 * the reasons of all numbers here.
 */

/** A shorter gap is never silence. */
export const leastGapSeconds = 4;
/** A gap is silence only if chance would make one as long less often than this. */
const leastLikely = 1e-6;
/** If chance alone may make a longer gap, the logstore is sparse: 0 is a usual reading of it. */
const sparseGapSeconds = 60;
/** How far back before a gap the rate counts. */
export const historySeconds = 600;
/** With fewer seconds that have lines, there is no rate to compare with. */
const leastBusySeconds = 30;
/** The lowest rate of these spans before the gap counts. */
const spans = [60, 300] as const;
/** The span that shows that lines become rare. */
const shortSpan = 15;
/** A window is partial if more of it than this lies in silence that has ended. */
const tolerableShare = 0.1;

/** So many answered heartbeats without a line are silence: one of three collectors that is down hides them once in 80. */
const leastUnlogged = 4;
/** How long after its answer the line of a heartbeat is stamped: the collector polls each second. */
const heartbeatStampSeconds = 2;
/** Heartbeats hold a silence for at least this long, also where `holdSeconds` is 0. */
const heartbeatHoldSeconds = 60;

/** A time without a line, or without one that has a route, that is too long for chance. */
export interface Silence {
  /** Unix second of the last line before it. */
  readonly lastSeconds: number;
  /** Unix second of the first line after it; undefined: it lasts. */
  readonly nextSeconds: number | undefined;
  readonly linesAMinuteBefore: number;
  /** Whether it is too short for 0 to be believed, or heartbeats show that there is no log. */
  readonly isHeld: boolean;
  /** Whether it is certain: heartbeats were answered, and not logged. */
  readonly byHeartbeat?: true;
  /** Whether lines came meanwhile that have no route. */
  readonly hasOtherLines: boolean;
}

export interface SilenceQuestion {
  readonly window: Window;
  /** Unix second of the newest line that is known from anywhere. */
  readonly newestSeconds: number | undefined;
  /** Lines of the seconds before this one have all arrived. */
  readonly settledSeconds: number;
  /** From this length on, 0 is believed. */
  readonly holdSeconds: number;
  /** When heartbeats were answered whose lines must be in the logstore, Unix seconds, oldest first. */
  readonly answeredSeconds?: readonly number[];
}

/**
 * Returns the silence at the end of a window, as far as is known; undefined: the seconds without lines there are no more
 * than likely.
 */
export function silenceAtEnd(timeline: LineTimeline, question: SilenceQuestion): Silence | undefined {
  const { window, newestSeconds = -Infinity } = question;
  const { endSeconds } = window;
  const counted = timeline.lastBefore(endSeconds);
  if (counted === undefined || newestSeconds >= endSeconds || timeline.firstFrom(endSeconds) !== undefined)
    return undefined;
  const lastSeconds = Math.max(counted, newestSeconds);
  const gapSeconds = endSeconds - lastSeconds - 1;
  return silenceAfter(timeline, counted, gapSeconds, question, { lastSeconds, nextSeconds: undefined });
}

/** Returns the last silence that has ended and lies in more than a tenth of the window. */
export function endedSilenceIn(timeline: LineTimeline, question: SilenceQuestion): Silence | undefined {
  const { window, settledSeconds } = question;
  const { startSeconds, endSeconds } = window;
  let next = timeline.firstFrom(endSeconds);
  let last = timeline.lastBefore(next ?? endSeconds);
  while (last !== undefined && (next === undefined || next > startSeconds)) {
    if (next !== undefined) {
      const within = Math.min(next, endSeconds) - Math.max(last + 1, startSeconds);
      // Later seconds may still get lines, so they do not make it a silence.
      const gapSeconds = Math.min(next, settledSeconds) - last - 1;
      const gap = { lastSeconds: last, nextSeconds: next };
      const silence =
        within > windowSeconds(window) * tolerableShare
          ? silenceAfter(timeline, last, gapSeconds, question, gap)
          : undefined;
      if (silence?.isHeld === true) return silence;
    }
    next = last;
    last = timeline.lastBefore(next);
  }
  return undefined;
}

function silenceAfter(
  timeline: LineTimeline,
  countedSeconds: number,
  gapSeconds: number,
  { holdSeconds, answeredSeconds = [] }: SilenceQuestion,
  gap: Pick<Silence, 'lastSeconds' | 'nextSeconds'>,
): Silence | undefined {
  if (gapSeconds < leastGapSeconds) return undefined;
  const history = historyBefore(timeline, countedSeconds);
  const linesAMinuteBefore = rate(history, 60) * 60;
  const untilSeconds = gap.lastSeconds + 1 + gapSeconds;
  const hasOtherLines = timeline.hasAnyLine(gap.lastSeconds + 1, untilSeconds);
  const unlogged = answeredSeconds.filter(
    (at) => at >= gap.lastSeconds + 1 && at < untilSeconds - heartbeatStampSeconds,
  );
  if (unlogged.length >= leastUnlogged) {
    // Heartbeats that are no longer answered prove nothing about the time since.
    const isHeld = untilSeconds - Math.max(...unlogged) < Math.max(holdSeconds, heartbeatHoldSeconds);
    return { ...gap, linesAMinuteBefore, isHeld, hasOtherLines, byHeartbeat: true };
  }
  if (gapSeconds < silentFromSeconds(history)) return undefined;
  return { ...gap, linesAMinuteBefore, isHeld: gapSeconds < holdSeconds, hasOtherLines };
}

/**
 * Returns the lines by second up to a last line, from the first line of the history on, without heartbeats: these stop
 * with the adapter that sends them. The longest gap is left out: one earlier stall must not excuse the next. A gap with a
 * heartbeat is no stall.
 */
function historyBefore(timeline: LineTimeline, lastSeconds: number): readonly number[] {
  const all = [...timeline.trafficBetween(lastSeconds + 1 - historySeconds, lastSeconds + 1)];
  const lines = all.slice(all.findIndex((count) => count > 0));
  const [longest] = gapsOf(lines).sort((one, other) => other.length - one.length);
  if (longest === undefined || longest.length < leastGapSeconds) return lines;
  const gapStart = lastSeconds + 1 - lines.length + longest.start;
  if (!timeline.hasHeartbeat(gapStart, gapStart + longest.length))
    lines.splice(longest.start, longest.length);
  return lines;
}

/** Returns the runs of seconds without lines. */
function gapsOf(lines: readonly number[]) {
  const gaps: { readonly start: number; length: number }[] = [];
  for (const [index, count] of lines.entries()) {
    if (count > 0) continue;
    const open = gaps.at(-1);
    if (open !== undefined && open.start + open.length === index) open.length += 1;
    else gaps.push({ start: index, length: 1 });
  }
  return gaps;
}

/**
 * Returns how many seconds without a line after this history are silence; Infinity: any number of them may be chance, or
 * the end of traffic that became less and less.
 */
function silentFromSeconds(history: readonly number[]): number {
  if (busySeconds(history) < leastBusySeconds || fadesOut(history)) return Infinity;
  // With lines in clumps, seconds that have lines come by chance, not lines. The one second more stands for what was not
  // seen yet.
  const shares = spans.map((span) => {
    const part = history.slice(-span);
    return busySeconds(part) / (part.length + 1);
  });
  const short = history.slice(-shortSpan);
  const share = Math.min(
    ...shares,
    busySeconds(short) === short.length ? 1 : busySeconds(short) / short.length,
  );
  const likelySeconds = Math.log(leastLikely) / Math.log(1 - share);
  if (likelySeconds > sparseGapSeconds) return Infinity;
  const longest = Math.max(0, ...gapsOf(history).map(({ length }) => length));
  return Math.max(leastGapSeconds, Math.ceil(likelySeconds), 2 * longest + 1);
}

/** Whether lines became less before the end, more than by chance: within seconds, within a minute, or within five. */
function fadesOut(history: readonly number[]): boolean {
  const [short, minute, long] = [rate(history, shortSpan), rate(history, 60), rate(history, 300)];
  // So many seconds that chance does not leave a quarter of the lines.
  const enoughSeconds = Math.max(5, Math.ceil(20 / minute));
  const fewerThanChance = (minute - short) * shortSpan > 2 * Math.sqrt(minute * shortSpan);
  return (
    rate(history, enoughSeconds) < minute / 4 ||
    (short < minute / 2 && fewerThanChance) ||
    (short < long / 4 && short < minute * 0.75)
  );
}

/** Returns the lines a second of the last so many seconds. */
function rate(history: readonly number[], seconds: number): number {
  const part = history.slice(-seconds);
  return part.reduce((sum, count) => sum + count, 0) / part.length;
}

const busySeconds = (lines: readonly number[]) => lines.filter((count) => count > 0).length;
