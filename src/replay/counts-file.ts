import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AdapterError } from '../errors.ts';

/** Requests by step, as a file has them. */
interface Counts {
  readonly startSeconds: number;
  readonly stepSeconds: number;
  /** Requests in each step. */
  readonly requests: readonly number[];
}

const header = 'time,requests';
/** A month by the second: more would not fit into the memory of a pod. */
const mostSeconds = 32 * 24 * 3600;

/** Returns the lines of a file, also of one that gzip has compressed. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  const raw = createReadStream(file);
  const input = file.endsWith('.gz') ? pipeline(raw, createGunzip(), () => undefined) : raw;
  try {
    let rest = '';
    for await (const chunk of input.setEncoding('utf8')) {
      const lines = (rest + (chunk as string)).split(/\r?\n/);
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest !== '') yield rest;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'there is no such file' : message;
    throw new AdapterError('TrafficInvalid', `${file}: ${what}`, { cause });
  }
}

/** Returns Unix seconds of a time in Unix seconds or in RFC 3339; undefined: it is neither. */
export function parseTime(text: string): number | undefined {
  if (/^\d{1,11}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const ms = Date.parse(text.replace(' ', 'T'));
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}

/**
 * Reads a CSV file with the header `time,requests`. Each row has the start of a step; all steps are equally long.
 *
 * @throws AdapterError `TrafficInvalid`, with the line and what to write
 */
export async function readCounts(file: string): Promise<Counts> {
  let line = 0;
  const wrong = (what: string) =>
    new AdapterError('TrafficInvalid', `${file}, line ${Math.max(1, line)}: ${what}`);
  const requests: number[] = [];
  let [startSeconds, lastSeconds, stepSeconds] = [Number.NaN, Number.NaN, Number.NaN];
  for await (const raw of linesOf(file)) {
    line += 1;
    const text = raw.trim().replace(/^\uFEFF/, '');
    if (line === 1 && text.toLowerCase().replaceAll(' ', '') !== header)
      throw wrong(`the header must be ${header}, not ${JSON.stringify(text.slice(0, 60))}`);
    if (line === 1 || text === '') continue;
    const row = rowOf(text, wrong);
    if (requests.length === 0) startSeconds = row.seconds;
    if (requests.length === 1) stepSeconds = row.seconds - startSeconds;
    if (requests.length > 0) checkStep(row, lastSeconds, stepSeconds, wrong);
    if (row.seconds - startSeconds > mostSeconds)
      throw wrong(`${row.time} is more than 32 days after the first row: split the file`);
    lastSeconds = row.seconds;
    requests.push(row.requests);
  }
  if (Number.isNaN(stepSeconds))
    throw wrong('two rows or more are needed, since their distance is the length of a step');
  return { startSeconds, stepSeconds, requests };
}

interface Row {
  readonly time: string;
  readonly seconds: number;
  readonly requests: number;
}

type Wrong = (what: string) => AdapterError;

function rowOf(text: string, wrong: Wrong): Row {
  const [time = '', count = '', ...more] = text.split(',').map((cell) => cell.trim());
  const seconds = parseTime(time);
  if (seconds === undefined)
    throw wrong(
      `${JSON.stringify(time)} must be Unix seconds or a time with a zone, such as 2026-11-24T02:26:00Z`,
    );
  if (!/^\d+(\.\d+)?$/.test(count) || more.length > 0)
    throw wrong(`${JSON.stringify(text.slice(time.length + 1))} must be a number of requests`);
  return { time, seconds, requests: Number(count) };
}

function checkStep({ time, seconds }: Row, lastSeconds: number, usual: number, wrong: Wrong): void {
  const step = seconds - lastSeconds;
  if (step === 0) throw wrong(`${time} is there twice: add up the requests in one row`);
  if (step < 0) throw wrong(`${time} is before the row above: sort the rows by time`);
  if (step !== usual)
    throw wrong(
      `${time} comes ${step} s after the row above, and the rows before come every ${usual} s: write a row for each step, with 0 where no request came`,
    );
}

/** Returns the requests of each second: those of a step are evenly spread within it. */
export function spreadEvenly({ stepSeconds, requests }: Counts): Float64Array {
  const seconds = new Float64Array(requests.length * stepSeconds);
  for (const [index, count] of requests.entries())
    seconds.fill(count / stepSeconds, index * stepSeconds, (index + 1) * stepSeconds);
  return seconds;
}
