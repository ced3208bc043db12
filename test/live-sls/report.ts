import { alignedTable } from '../../src/cli/table.ts';
import type { EntryResult } from '../../src/sls/assumptions/ask-ledger.ts';
import type { ReadingResult } from './readings.ts';

/** What `-o json` prints. */
export interface LiveReport {
  /** Whether everything that was asked is as assumed, and every reading is right. */
  readonly holds: boolean;
  /** From the end of the write until SLS found all lines. */
  readonly queryableMs: number;
  readonly entries: readonly EntryResult[];
  readonly readings: readonly ReadingResult[];
}

/** Returns the tables of a run, and below them what each difference means. */
export function liveReport({ entries, readings, queryableMs }: LiveReport): string {
  const asked = entries.filter(({ result }) => result !== 'not asked');
  const assumed = asked.filter(({ result }) => result === 'as assumed');
  const right = readings.filter(({ isRight }) => isRight);
  const others = asked.filter((entry) => !assumed.includes(entry));
  return [
    alignedTable(
      ['ASSUMPTION', 'RESULT'],
      asked.map(({ id, result }) => [id, result]),
    ),
    '',
    alignedTable(
      ['READING', 'EXPECTED', 'FOUND', ''],
      readings.map(({ reading, expected, found, isRight }) => [
        reading,
        expected,
        found,
        isRight ? 'ok' : 'WRONG',
      ]),
    ),
    '',
    ...others.flatMap(({ id, result, statement, expected, found = '', consequence }) => [
      `${id}: ${result}`,
      `  assumed:   ${statement}`,
      `  expected:  ${expected}`,
      `  found:     ${found}`,
      `  it means:  ${consequence}`,
      '',
    ]),
    `SLS behaves as assumed: ${assumed.length} of ${asked.length}; readings are right: ${right.length} of ${readings.length}.`,
    `Not asked, because SLS would have to be in trouble: ${entries.length - asked.length}.`,
    `Lines were found ${(queryableMs / 1000).toFixed(1)} s after they were written.`,
    '',
  ].join('\n');
}
