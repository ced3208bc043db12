import {
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  handleWhenResult,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { AdapterError, errorRegistry, toAdapterError } from '../errors.ts';

export interface BreakerSettings {
  /** So many failures in a row open the circuit. */
  readonly failures: number;
  /** For how long nothing is sent then, before one query probes; from when the one was sent that failed last. */
  readonly openMs: number;
}

export interface CircuitParts {
  readonly settings: BreakerSettings;
  /** What its errors name, for example `project p`. */
  readonly name: string;
  /** Monotonic, ms: a step of the clock neither opens nor closes anything. */
  readonly monotonicMs: () => number;
  /** Told once an outage, however many probes fail in it. */
  readonly onOpened: (error: AdapterError) => void;
  readonly onClosed: () => void;
}

export type CircuitPhase = 'closed' | 'open' | 'half-open';

/** What became of a call, as the breaker counts it. What it shall not count is thrown. */
type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'answered' | 'failed'; readonly error: AdapterError };

/**
 * Leaves a project alone for a while after failures in a row, then lets one query through: a success closes the
 * circuit, a failure opens it again. Whoever comes meanwhile is refused at once and never waits for the probe.
 */
export class Circuit {
  readonly #parts: CircuitParts;
  readonly #policy: CircuitBreakerPolicy;
  #openUntilMs = 0;
  #openings = 0;
  #outage = false;
  #lastFailure: AdapterError | undefined;

  constructor(parts: CircuitParts) {
    this.#parts = parts;
    const isFailed = (outcome: unknown) => (outcome as Outcome<unknown>).kind === 'failed';
    this.#policy = circuitBreaker(handleWhenResult(isFailed), {
      breaker: new ConsecutiveBreaker(parts.settings.failures),
      halfOpenAfter: this.#pause(),
    });
    this.#policy.onBreak(() => this.#opened());
    this.#policy.onReset(() => this.#closed());
  }

  get phase(): CircuitPhase {
    if (this.#policy.state === CircuitState.Closed) return 'closed';
    return this.#policy.state === CircuitState.HalfOpen ? 'half-open' : 'open';
  }

  /** What `run` would refuse a call with now, for whoever would have to wait before it. */
  refusal(): AdapterError | undefined {
    if (this.phase === 'closed' || (this.phase === 'open' && this.#leftMs <= 0)) return undefined;
    const until =
      this.phase === 'open' ? `for ${Math.ceil(this.#leftMs / 1000)} s more` : 'until a probe succeeds';
    const last = this.#lastFailure?.message.replace(/\.$/, '');
    const what = `SLS, ${this.#parts.name}: no query is sent ${until}; last failure: ${last}`;
    return new AdapterError('CircuitOpen', what, { cause: this.#lastFailure });
  }

  /** @throws AdapterError `CircuitOpen`, or that of the work */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const refusal = this.refusal();
    if (refusal !== undefined) throw refusal;
    const outcome = await this.#policy.execute(() => this.#attempt(work));
    if (outcome.kind === 'done') return outcome.value;
    throw outcome.error;
  }

  async #attempt<T>(work: () => Promise<T>): Promise<Outcome<T>> {
    const isProbe = this.phase === 'half-open';
    const openings = this.#openings;
    const sentMs = this.#parts.monotonicMs();
    try {
      return { kind: 'done', value: await work() };
    } catch (thrown) {
      const error = toAdapterError(thrown);
      // A canceled probe has shown nothing: the circuit is open as before, and the next query is the probe.
      if (isProbe && error.code === 'Canceled') {
        this.#openUntilMs = this.#parts.monotonicMs();
        return { kind: 'failed', error };
      }
      const isTrouble = errorRegistry[error.code].opensCircuit;
      // What was sent before the circuit opened says nothing of the time after.
      const isLate = openings !== this.#openings;
      if (error.code === 'Canceled' || (isTrouble && isLate)) throw error;
      if (!isTrouble) return { kind: 'answered', error };
      this.#lastFailure = error;
      // Who waited for an answer in vain has left SLS alone meanwhile.
      this.#openUntilMs = sentMs + this.#parts.settings.openMs;
      return { kind: 'failed', error };
    }
  }

  /** The library counts a duration by the clock, which may be set; so the duration is all or nothing, by ours. */
  #pause() {
    const leftMs = () => this.#leftMs;
    const pause = {
      get duration(): number {
        return leftMs() > 0 ? Infinity : -Infinity;
      },
      next: () => pause,
    };
    return pause;
  }

  #opened(): void {
    this.#openings += 1;
    if (this.#outage || this.#lastFailure === undefined) return;
    this.#outage = true;
    this.#parts.onOpened(this.#lastFailure);
  }

  #closed(): void {
    this.#outage = false;
    this.#parts.onClosed();
  }

  get #leftMs(): number {
    return this.#openUntilMs - this.#parts.monotonicMs();
  }
}
