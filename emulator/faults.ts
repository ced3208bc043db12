/** What is to go wrong with queries (not with PutLogs, `/__stats` or `/__faults`). All parts may be combined. */
export interface Faults {
  /** How many queries it befalls; then it is over. Absent: until it is replaced. */
  readonly times?: number;
  /** Share, 0 to 1, of queries answered with 500 `InternalServerError` or 503 `ServerBusy`. */
  readonly errorRate?: number;
  /** Added to every query. */
  readonly latencyMs?: number;
  /** Answers with this status, and `errorCode` and `errorMessage` in the body. */
  readonly status?: number;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  /** Progress `Incomplete`, over two lines in three. */
  readonly incomplete?: boolean;
  /** true or `json`: 200 with a body that is not quite JSON; `html`: a 502 page, as a proxy gives. */
  readonly garbage?: boolean | 'json' | 'html';
  /** Destroys the socket in the middle of the body. */
  readonly cutBody?: boolean;
  /** Added to the reply's `Date`; below 0, the reply says an earlier time than is. */
  readonly dateShiftMs?: number;
  /** Takes the request and never answers. */
  readonly hang?: boolean;
}

/** Hands out the present faults, one query at a time. */
export class FaultSource {
  #present: Faults = {};
  #left = Infinity;

  set(faults: Faults): void {
    this.#present = faults;
    this.#left = faults.times ?? Infinity;
  }

  /** What befalls the next query. */
  next(): Faults {
    if (this.#left <= 0) return {};
    this.#left -= 1;
    return this.#present;
  }
}

const numbers: readonly (keyof Faults)[] = ['times', 'errorRate', 'latencyMs', 'status'];
const texts: readonly (keyof Faults)[] = ['errorCode', 'errorMessage'];
const flags: readonly (keyof Faults)[] = ['incomplete', 'garbage', 'cutBody', 'hang'];

/** Reads the body of `PUT /__faults`. Throws Error, naming the key, for what is not a `Faults`. */
export function parseFaults(json: string): Faults {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
  for (const [key, item] of Object.entries(value)) {
    const known =
      (numbers.some((name) => name === key) && typeof item === 'number' && item >= 0) ||
      (key === 'dateShiftMs' && typeof item === 'number') ||
      (texts.some((name) => name === key) && typeof item === 'string') ||
      (flags.some((name) => name === key) && typeof item === 'boolean') ||
      (key === 'garbage' && (item === 'json' || item === 'html'));
    if (!known) throw new Error(`${key}: unknown, or not of its type`);
  }
  return value;
}
