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
  /** Needs `status`, as does `errorMessage`. */
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
  /** true: no collector reads or sends until the faults end. A list: those of these ingress pods, from 0. */
  readonly collectorStalled?: boolean | readonly number[];
}

/** Gives each query its faults, and each collector. */
export class FaultSource {
  #current: Faults = {};
  #left = Infinity;
  /** Ingress pods that have a collector. */
  #pods = 0;

  /** Throws an Error for a fault that would have no effect. */
  set(faults: Faults): void {
    const { status, errorCode, errorMessage, collectorStalled = false } = faults;
    if (status === undefined && (errorCode ?? errorMessage) !== undefined)
      throw new Error('errorCode and errorMessage need status, for example 503');
    if (collectorStalled !== false) this.#checkStalled(collectorStalled);
    this.#current = faults;
    this.#left = faults.times ?? Infinity;
  }

  /** Says that lines come through the collectors of so many ingress pods. Returns whether that of a pod is stalled now. */
  collectFrom(pods: number): (pod: number) => boolean {
    this.#pods = pods;
    return (pod) => {
      const { collectorStalled = false } = this.#left > 0 ? this.#current : {};
      return typeof collectorStalled === 'boolean' ? collectorStalled : collectorStalled.includes(pod);
    };
  }

  /** Returns the faults of the next query. */
  next(): Faults {
    if (this.#left <= 0) return {};
    this.#left -= 1;
    return this.#current;
  }

  #checkStalled(stalled: true | readonly number[]): void {
    if (this.#pods === 0)
      throw new Error(
        'collectorStalled: there is no collector, since lines come by PutLogs or from a log that has ended. ' +
          'Start the emulator with --traffic or --follow, or stop sending lines',
      );
    if (stalled === true) return;
    const pods = `a list of ingress pods, from 0 to ${this.#pods - 1}`;
    if (stalled.length === 0 || stalled.some((pod) => pod >= this.#pods))
      throw new Error(`collectorStalled: must be true or ${pods}`);
  }
}

const isWhole = (from: number, to: number) => (value: number) =>
  Number.isSafeInteger(value) && value >= from && value <= to;
const numbers: { readonly [key in keyof Faults]?: (value: number) => boolean } = {
  times: isWhole(1, Infinity),
  errorRate: (value) => value >= 0 && value <= 1,
  latencyMs: (value) => value >= 0,
  status: isWhole(400, 599),
  dateShiftMs: () => true,
};
const texts: readonly (keyof Faults)[] = ['errorCode', 'errorMessage'];
const flags: readonly (keyof Faults)[] = ['incomplete', 'garbage', 'cutBody', 'hang'];

/** Parses the body of `PUT /__faults`. Throws an Error that names a key which is unknown or has a wrong value. */
export function parseFaults(json: string): Faults {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
  for (const [key, item] of Object.entries(value)) {
    const known =
      (typeof item === 'number' && numbers[key as keyof Faults]?.(item) === true) ||
      (texts.some((name) => name === key) && typeof item === 'string') ||
      (flags.some((name) => name === key) && typeof item === 'boolean') ||
      (key === 'collectorStalled' && (typeof item === 'boolean' || isListOfPods(item))) ||
      (key === 'garbage' && (item === 'json' || item === 'html'));
    if (!known) throw new Error(`${key}: unknown, or not a value of it`);
  }
  return value;
}

function isListOfPods(value: unknown): boolean {
  return Array.isArray(value) && value.every((pod) => Number.isSafeInteger(pod) && pod >= 0);
}
