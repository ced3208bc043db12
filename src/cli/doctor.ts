import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import type { CheckResult, CheckStatus } from '../doctor/check.ts';
import type { DoctorInput } from '../doctor/examination.ts';
import { examine } from '../doctor/examine.ts';
import { AdapterError } from '../errors.ts';
import { createEventLog } from '../telemetry/event-log.ts';
import { createLogger } from '../telemetry/logger.ts';
import { runningFlags, type Flags } from './command-config.ts';
import { CommandFailed, type Io } from './io.ts';

export interface DoctorOptions extends Omit<DoctorInput, 'flags' | 'hpaFile'> {
  /** A file with HPAs; `-`: standard input. */
  readonly hpa?: string;
  readonly output: 'table' | 'json';
}

/**
 * Runs all checks and prints their results.
 *
 * @throws CommandFailed if a check failed or the run was interrupted
 */
export async function doctor(options: DoctorOptions & Flags, io: Io): Promise<void> {
  // Errors become findings, so a log would only repeat them.
  const observer = createEventLog(createLogger('silent'));
  const isTable = options.output === 'table';
  // A kubeconfig may name another cluster than that of the pod, so the flags of the pod's adapter do not apply.
  const isElsewhere = options['kubeconfig'] !== undefined || Boolean(io.env['KUBECONFIG']);
  const running = isElsewhere ? {} : await runningFlags(io);
  const hpaFile = options.hpa === undefined ? undefined : await hpaFileOf(options.hpa, io);
  const input = { ...options, hpaFile, flags: { ...running, ...options } };
  const print = (result: CheckResult) => io.stdout.write(doctorLines(result, terminalOf(io)));
  const results = await examine(input, { ...io, observer, pause }, io.signal, (result) => {
    if (isTable && result.waitsFor.length === 0) print(result);
  });
  if (isTable) notReached(results).forEach(print);
  const { aborted } = io.signal;
  const counts = countsOf(results);
  const healthy = counts.failed === 0 && !aborted;
  // docs/doctor.md describes the JSON object.
  const report = { healthy, counts, checks: results };
  io.stdout.write(isTable ? doctorSummary(results) : `${JSON.stringify(report, null, 2)}\n`);
  if (!healthy) throw new CommandFailed();
}

/** @throws AdapterError `HpaInvalid` */
async function hpaFileOf(file: string, { stdin = process.stdin }: Io) {
  const source = file === '-' ? 'standard input' : file;
  try {
    return { source, text: await (file === '-' ? textOf(stdin) : readFile(file, 'utf8')) };
  } catch (error) {
    throw new AdapterError('HpaInvalid', `--hpa ${file}: ${(error as Error).message}`, {
      cause: error,
      remedy: 'Name a file with an HPA, or - for standard input.',
    });
  }
}

/** Returns one result for all checks that were skipped because of the same others. */
export function notReached(results: readonly CheckResult[]): CheckResult[] {
  const waiting = Map.groupBy(
    results.filter(({ waitsFor }) => waitsFor.length > 0),
    ({ found }) => found,
  );
  return [...waiting.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined || alike.length === 1) return first ?? [];
    const found = `need ${first.waitsFor.join(', ')}: ${alike.map(({ check }) => check).join(', ')}`;
    return { ...first, check: `${alike.length} checks`, found };
  });
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/** Colours follow https://no-color.org. */
const terminalOf = ({ stdout, env }: Io): Terminal => ({
  isColoured: stdout.isTTY && !env['NO_COLOR'],
  columns: stdout.isTTY ? stdout.columns : undefined,
});

const colours = { ok: 'green', warn: 'yellow', failed: 'red', skipped: 'gray' } as const;
const statuses = Object.keys(colours) as CheckStatus[];

/** The lengths of the longest status and the longest name of a check. */
const widths = { status: 7, check: 20 };
const margin = ' '.repeat(widths.status + widths.check + 4);

/** If fewer columns remain beside the margin, sentences are not wrapped. */
const minTextWidth = 20;

interface Terminal {
  readonly isColoured: boolean;
  /** Width of the terminal. Undefined if the output is not a terminal, so that lines are not wrapped. */
  readonly columns: number | undefined;
}

/**
 * Returns the lines of one result: the finding, and below it the remedy and the text to write. That text is never
 * wrapped, so that it can be pasted.
 */
export function doctorLines(result: CheckResult, { isColoured, columns = Infinity }: Terminal): string {
  const { status, check, found, remedy, write } = result;
  const width = columns - margin.length < minTextWidth ? Infinity : columns - margin.length;
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

/** Breaks a text at spaces. A word that is longer than the width stays whole. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** Returns a line such as `1 failed (route), 1 warn (lag), 20 ok, 3 skipped`. */
export function doctorSummary(results: readonly CheckResult[]): string {
  const counts = countsOf(results);
  const shown = (['failed', 'warn', 'ok', 'skipped'] as const).filter((status) => counts[status] > 0);
  const namesOf = (status: CheckStatus) =>
    results.filter((one) => one.status === status).map(({ check }) => check);
  const named = (status: CheckStatus) =>
    status === 'failed' || status === 'warn' ? ` (${namesOf(status).join(', ')})` : '';
  return `\n${shown.map((status) => `${counts[status]} ${status}${named(status)}`).join(', ')}\n`;
}

const countsOf = (results: readonly CheckResult[]) =>
  Object.fromEntries(
    statuses.map((status) => [status, results.filter((one) => one.status === status).length]),
  ) as Record<CheckStatus, number>;
