import type { LogRecord } from '../log-record.ts';
import { readLine } from './forms/read-line.ts';
import { unwrap, type Unwrapped } from './forms/wrapper.ts';
import type { Line } from './line-splitter.ts';

/** Lines read so far. */
export interface IngestCounts {
  /** Lines that became requests, with all fields that they have. */
  readonly records: number;
  /** Lines kept with `content` alone. */
  readonly unparsed: number;
  /** Lines of standard error, which ACK's collector does not read, and parts of longer lines. */
  readonly leftOut: number;
}

/** A form of log, and how often it was met. */
interface Met {
  readonly count: number;
  /** The start of the first of these lines. */
  readonly first: string;
}

interface ReaderOptions {
  readonly clock: { now(): number };
  /** Called with the first line of each form that is not read. */
  readonly onFirst?: (met: string, line: string) => void;
}

const maxPartialLength = 1024 * 1024;
const shownLength = 160;

/**
 * Makes records of the lines of one log, as ACK's collector does: a request gets its fields and its own time. Any other
 * line is kept with `content` alone (`KeepSourceIfParseError`), at the time of its wrapper, else of the line before.
 */
export class AccessLogReader {
  readonly #options: ReaderOptions;
  readonly #forms = new Map<string, number>();
  readonly #met = new Map<string, { count: number; first: string }>();
  /** The parts so far of a long line that a container runtime has split. */
  #partial = '';
  #lastSeconds: number | undefined;
  #newestSeconds: number | undefined;
  #counts = { records: 0, unparsed: 0, leftOut: 0 };

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  get counts(): IngestCounts {
    return this.#counts;
  }

  /** The latest time of a request, Unix seconds. */
  get newestSeconds(): number | undefined {
    return this.#newestSeconds;
  }

  /** Requests by the form of their lines. */
  get forms(): ReadonlyMap<string, number> {
    return this.#forms;
  }

  /** The forms that are not read. */
  get met(): ReadonlyMap<string, Met> {
    return this.#met;
  }

  /** Returns the record of a line, or undefined if SLS would have none of it. */
  read(line: Line): LogRecord | undefined {
    if (line.kind === 'overlong')
      return this.#other(`a line longer than 1 MiB (${line.bytes} bytes)`, { text: line.start });
    const unwrapped = unwrap(line.text);
    if (unwrapped.isStandardError) {
      this.#leaveOut('standard error', unwrapped.text);
      return undefined;
    }
    if (this.#partial.length + unwrapped.text.length > maxPartialLength) this.#partial = '';
    const whole = { ...unwrapped, text: this.#partial + unwrapped.text };
    this.#partial = unwrapped.isPartial ? whole.text : '';
    return unwrapped.isPartial ? undefined : this.#readWhole(whole);
  }

  #readWhole(unwrapped: Unwrapped): LogRecord | undefined {
    const read = readLine(unwrapped);
    if (read.kind === 'other') {
      if (read.isCollected) return this.#other(read.met, unwrapped);
      this.#leaveOut(read.met, unwrapped.text);
      return undefined;
    }
    this.#counts.records += 1;
    this.#forms.set(read.form, (this.#forms.get(read.form) ?? 0) + 1);
    this.#lastSeconds = read.record.timeSeconds;
    this.#newestSeconds = Math.max(this.#lastSeconds, this.#newestSeconds ?? 0);
    return read.record;
  }

  #other(met: string, { text, timeSeconds }: Pick<Unwrapped, 'text' | 'timeSeconds'>): LogRecord {
    this.#counts.unparsed += 1;
    this.#meet(met, text);
    const nowSeconds = Math.floor(this.#options.clock.now() / 1000);
    return { timeSeconds: timeSeconds ?? this.#lastSeconds ?? nowSeconds, fields: { content: text } };
  }

  #leaveOut(met: string, text: string): void {
    this.#counts.leftOut += 1;
    this.#meet(met, text);
  }

  #meet(met: string, text: string): void {
    const known = this.#met.get(met);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    // Of a binary file, a terminal would obey the control characters.
    const first = text.slice(0, shownLength).replace(/\p{Cc}/gu, '?');
    this.#met.set(met, { count: 1, first });
    this.#options.onFirst?.(met, first);
  }
}
