import { styleText } from 'node:util';
import type { CheckResult, CheckStatus } from '../doctor/check.ts';

const colours = { ok: 'green', warn: 'yellow', failed: 'red', skipped: 'gray' } as const;
const statuses = Object.keys(colours) as CheckStatus[];

/** As wide as the longest status and the longest name of a check; docs/doctor.md has them. */
const widths = { status: 7, check: 20 };
const margin = ' '.repeat(widths.status + widths.check + 4);

/** The lines of one result: what was found beside it and, below that, what to do and the text to write. */
export function doctorLines(result: CheckResult, isColoured: boolean): string {
  const { status, check, found, remedy, write } = result;
  const paint = (text: string) =>
    isColoured ? styleText(colours[status], text, { validateStream: false }) : text;
  const [first = '', ...others] = found.split('\n').map((line) => line.trim());
  const lines = [
    `${paint(status.padEnd(widths.status))}  ${check.padEnd(widths.check)}  ${first}`,
    ...others.map((line) => `${margin}${line}`),
    ...(remedy === undefined ? [] : [`${margin}→ ${remedy}`]),
    ...(write === undefined ? [] : write.split('\n').map((line) => `${margin}    ${line}`)),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** `2 failed, 1 warn, 20 ok, 3 skipped` */
export function doctorSummary(results: readonly CheckResult[]): string {
  const counts = countsOf(results);
  const named = (['failed', 'warn', 'ok', 'skipped'] as const).filter((status) => counts[status] > 0);
  return `\n${named.map((status) => `${counts[status]} ${status}`).join(', ')}\n`;
}

/** For machines; docs/doctor.md has the shape. */
export function doctorReport(results: readonly CheckResult[]) {
  const counts = countsOf(results);
  return { healthy: counts.failed === 0, counts, checks: results };
}

const countsOf = (results: readonly CheckResult[]) =>
  Object.fromEntries(
    statuses.map((status) => [status, results.filter((one) => one.status === status).length]),
  ) as Record<CheckStatus, number>;
