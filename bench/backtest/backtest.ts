import { overloadRows, type OverloadRow } from './equal-pods.ts';
import { score, type ScoreRow } from './scores.ts';
import type { Trace } from './trace.ts';
import { walk } from './walk.ts';

export interface Backtest {
  readonly rows: readonly (ScoreRow & {
    /** False: so short a trace gets no forecast but the error ForecastNotReady. */
    readonly ready: boolean;
    readonly note: string;
  })[];
  readonly overloadRows: readonly OverloadRow[];
}

const horizonsMinutes = [1, 3, 5, 10];
/** Of pods on ECI: 1 to 5 minutes. */
const startupsMinutes = [1, 3, 5];
const minHistoryMinutes = 120;
/** For traces that are shorter than what a forecast needs. */
const shortMinHistoryMinutes = 20;

/**
 * Scores the forecast and its rivals on a trace, and what it does for an HPA.
 *
 * @param progress is told what comes next
 */
export function backtest(trace: Trace, progress: (text: string) => void, quantile = 0.9): Backtest {
  const { counts, binSeconds } = trace;
  const hours = (counts.length * binSeconds) / 3600;
  const isShort = hours * 60 <= minHistoryMinutes;
  const { firstBin, note } = scoredFrom(hours, 3600 / binSeconds);
  const notes = [...trace.notes, note];
  if (isShort)
    notes.push(
      `under 2 h: the adapter would answer ForecastNotReady; scored as if ${shortMinHistoryMinutes} minutes were enough, on few bins`,
    );
  const walks = horizonsMinutes
    .filter((minutes) => Number.isInteger((minutes * 60) / binSeconds))
    .map((minutes) => {
      progress(`${trace.name}: ${minutes} min ahead`);
      return walk(trace, minutes, {
        quantile,
        minHistoryMinutes: isShort ? shortMinHistoryMinutes : minHistoryMinutes,
      });
    });
  const rows = walks.map((walked) => ({
    ...score(trace, walked, firstBin),
    ready: !isShort,
    note: notes.join('; '),
  }));
  progress(`${trace.name}: pods`);
  const forStartups = walks.filter(({ aheadMinutes }) => startupsMinutes.includes(aheadMinutes));
  return { rows, overloadRows: isShort ? [] : overloadRows(trace, forStartups, firstBin) };
}

/** By then all experts have a say, and the weights have settled. */
function scoredFrom(hours: number, binsPerHour: number): { firstBin: number; note: string } {
  const day = 24;
  if (hours >= 9 * day) return { firstBin: 8 * day * binsPerHour, note: 'scored from day 8' };
  if (hours >= 4 * day) return { firstBin: 3 * day * binsPerHour, note: 'under 9 days: scored from day 3' };
  return { firstBin: Math.floor((hours / 2) * binsPerHour), note: 'under 4 days: the second half is scored' };
}
