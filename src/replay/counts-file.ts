import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AdapterError } from '../errors.ts';

/** Requests by step, as a file has them. */
export interface Counts {
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
  const reader = new CountsReader(file);
  for await (const line of linesOf(file)) reader.read(line);
  return reader.end();
}

class CountsReader {
  readonly #file: string;
  #line = 0;
  #startSeconds = 0;
  #lastSeconds: number | undefined;
  #stepSeconds: number | undefined;
  readonly #requests: number[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  read(line: string): void {
    this.#line += 1;
    const text = line.trim().replace(/^\uFEFF/, '');
    if (this.#line === 1) {
      if (text.toLowerCase().replaceAll(' ', '') !== header)
        throw this.#wrong(`the header must be ${header}, not ${JSON.stringify(text.slice(0, 60))}`);
      return;
    }
    if (text === '') return;
    const [time = '', count = '', ...more] = text.split(',').map((cell) => cell.trim());
    const seconds = parseTime(time);
    if (seconds === undefined)
      throw this.#wrong(
        `${JSON.stringify(time)} must be Unix seconds or a time with a zone, such as 2026-11-24T02:26:00Z`,
      );
    if (!/^\d+(\.\d+)?$/.test(count) || more.length > 0)
      throw this.#wrong(`${JSON.stringify(text.slice(time.length + 1))} must be a number of requests`);
    this.#add(seconds, Number(count), time);
  }

  #add(seconds: number, requests: number, time: string): void {
    const last = this.#lastSeconds;
    if (last === undefined) this.#startSeconds = seconds;
    else {
      const step = seconds - last;
      if (step === 0) throw this.#wrong(`${time} is there twice: add up the requests in one row`);
      if (step < 0) throw this.#wrong(`${time} is before the row above: sort the rows by time`);
      this.#stepSeconds ??= step;
      if (step !== this.#stepSeconds)
        throw this.#wrong(
          `${time} comes ${step} s after the row above, and the rows before come every ${this.#stepSeconds} s: write a row for each step, with 0 where no request came`,
        );
      if (seconds - this.#startSeconds > mostSeconds)
        throw this.#wrong(`${time} is more than 32 days after the first row: split the file`);
    }
    this.#lastSeconds = seconds;
    this.#requests.push(requests);
  }

  end(): Counts {
    if (this.#stepSeconds === undefined)
      throw this.#wrong('two rows or more are needed, since their distance is the length of a step');
    return {
      startSeconds: this.#startSeconds,
      stepSeconds: this.#stepSeconds,
      requests: this.#requests,
    };
  }

  readonly #wrong = (what: string) =>
    new AdapterError('TrafficInvalid', `${this.#file}, line ${Math.max(1, this.#line)}: ${what}`);
}

/** Returns the requests of each second: those of a step are evenly spread within it. */
export function spreadEvenly({ stepSeconds, requests }: Counts): Float64Array {
  const seconds = new Float64Array(requests.length * stepSeconds);
  for (const [index, count] of requests.entries())
    seconds.fill(count / stepSeconds, index * stepSeconds, (index + 1) * stepSeconds);
  return seconds;
}
