import { styleText } from 'node:util';
import type { CheckResult, CheckStatus } from '../doctor/check.ts';

const colours = { ok: 'green', warn: 'yellow', failed: 'red', skipped: 'gray' } as const;
const statuses = Object.keys(colours) as CheckStatus[];

/** As wide as the longest status and the longest name of a check; docs/doctor.md has them. */
const widths = { status: 7, check: 20 };
const margin = ' '.repeat(widths.status + widths.check + 4);

/** Below so many beside the margin, prose is left for the terminal to break. */
const leastWidth = 20;

export interface Terminal {
  readonly isColoured: boolean;
  /** How wide it is; undefined: it is none, and lines are as long as they are. */
  readonly columns: number | undefined;
}

/**
 * The lines of one result: what was found beside it and, below that, what to do and the text to write. That is never
 * broken, so that it can be pasted.
 */
export function doctorLines(result: CheckResult, { isColoured, columns = Infinity }: Terminal): string {
  const { status, check, found, remedy, write } = result;
  const width = columns - margin.length < leastWidth ? Infinity : columns - margin.length;
  const paint = (text: string) =>
    isColoured ? styleText(colours[status], text, { validateStream: false }) : text;
  const [first = '', ...others] = found.split('\n').flatMap((line) => wrapped(line.trim(), width));
  const [todo = '', ...further] = wrapped(remedy ?? '', width - 2);
  const lines = [
    `${paint(status.padEnd(widths.status))}  ${check.padEnd(widths.check)}  ${first}`,
    ...others.map((line) => `${margin}${line}`),
    ...(remedy === undefined ? [] : [`${margin}→ ${todo}`, ...further.map((line) => `${margin}  ${line}`)]),
    ...(write === undefined ? [] : write.split('\n').map((line) => `${margin}    ${line}`)),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Broken at spaces; a word that is too long stays whole. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** `2 failed, 1 warn, 20 ok, 3 skipped` */
export function doctorSummary(results: readonly CheckResult[]): string {
  const counts = countsOf(results);
  const named = (['failed', 'warn', 'ok', 'skipped'] as const).filter((status) => counts[status] > 0);
  return `\n${named.map((status) => `${counts[status]} ${status}`).join(', ')}\n`;
}

/** For machines; docs/doctor.md has the shape. */
export function doctorReport(results: readonly CheckResult[], isInterrupted: boolean) {
  const counts = countsOf(results);
  return { healthy: counts.failed === 0 && !isInterrupted, counts, checks: results };
}

const countsOf = (results: readonly CheckResult[]) =>
  Object.fromEntries(
    statuses.map((status) => [status, results.filter((one) => one.status === status).length]),
  ) as Record<CheckStatus, number>;
