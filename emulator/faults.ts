/** Faults of queries, and of the log collector. PutLogs, `/__stats` and `/__faults` are not affected. All keys can be combined. */
export interface Faults {
  /** Number of queries with these faults. Default: all, until the faults are replaced. */
  readonly times?: number;
  /** Share, 0 to 1, of queries answered with 500 `InternalServerError` or 503 `ServerBusy`. */
  readonly errorRate?: number;
  /** Added to every query. */
  readonly latencyMs?: number;
  /** Status of the reply; `errorCode` and `errorMessage` go into the body. */
  readonly status?: number;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  /** Progress `Incomplete`, computed from two lines of three. */
  readonly incomplete?: boolean;
  /** true or `json`: 200 with invalid JSON; `html`: a 502 page, as from a proxy. */
  readonly garbage?: boolean | 'json' | 'html';
  /** Destroys the socket after half of the body. */
  readonly cutBody?: boolean;
  /** Added to the `Date` of the reply. May be negative. */
  readonly dateShiftMs?: number;
  /** Accepts the request and never answers. */
  readonly hang?: boolean;
  /** true: no collector reads or sends until the faults are replaced. A list: those of these ingress pods, from 0. */
  readonly collectorStalled?: boolean | readonly number[];
}

/** Gives each query its faults. */
export class FaultSource {
  #current: Faults = {};
  #left = Infinity;

  set(faults: Faults): void {
    this.#current = faults;
    this.#left = faults.times ?? Infinity;
  }

  /** Returns true if the collector of that ingress pod is stalled now. */
  isCollectorStalled(pod: number): boolean {
    const { collectorStalled = false } = this.#current;
    return typeof collectorStalled === 'boolean' ? collectorStalled : collectorStalled.includes(pod);
  }

  /** Returns the faults of the next query. */
  next(): Faults {
    if (this.#left <= 0) return {};
    this.#left -= 1;
    return this.#current;
  }
}

const numbers: readonly (keyof Faults)[] = ['times', 'errorRate', 'latencyMs', 'status'];
const texts: readonly (keyof Faults)[] = ['errorCode', 'errorMessage'];
const flags: readonly (keyof Faults)[] = ['incomplete', 'garbage', 'cutBody', 'hang'];

/** Parses the body of `PUT /__faults`. Throws an Error that names a key which is unknown or has a wrong type. */
export function parseFaults(json: string): Faults {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
  for (const [key, item] of Object.entries(value)) {
    const known =
      (numbers.some((name) => name === key) && typeof item === 'number' && item >= 0) ||
      (key === 'dateShiftMs' && typeof item === 'number') ||
      (texts.some((name) => name === key) && typeof item === 'string') ||
      (flags.some((name) => name === key) && typeof item === 'boolean') ||
      (key === 'collectorStalled' && (typeof item === 'boolean' || isListOfPods(item))) ||
      (key === 'garbage' && (item === 'json' || item === 'html'));
    if (!known) throw new Error(`${key}: unknown, or not of its type`);
  }
  return value;
}

function isListOfPods(value: unknown): boolean {
  return Array.isArray(value) && value.every((pod) => Number.isSafeInteger(pod) && pod >= 0);
}
