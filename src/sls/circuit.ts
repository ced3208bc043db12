import {
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  handleWhenResult,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { AdapterError, errorRegistry } from '../errors.ts';

export interface BreakerSettings {
  /** This many failures in a row open the circuit. */
  readonly failures: number;
  /** How long the circuit stays open, measured from when the last failing query was sent. Then one query probes. */
  readonly openMs: number;
}

export interface CircuitParts {
  readonly settings: BreakerSettings;
  /** Monotonic, ms: a step of the system clock neither opens nor closes the circuit. */
  readonly monotonicMs: () => number;
  /** Called once per outage, however many probes fail during it. */
  readonly onOpened: (error: AdapterError) => void;
  readonly onClosed: () => void;
}

export type CircuitPhase = 'closed' | 'open' | 'half-open';

/**
 * How a call ended, as the breaker counts it. `answered`: an error, but SLS works (`opensCircuit` in the error registry
 * is false). An error that must not count at all is thrown instead.
 */
type CallEnd<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'answered' | 'failed'; readonly error: AdapterError };

/**
 * Stops calls for a while after failures in a row, then lets one probe through: if it succeeds, the circuit closes; if
 * it fails, the circuit opens again. Other calls get the last failure at once meanwhile; they do not wait for the probe.
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
    const isFailed = (end: unknown) => (end as CallEnd<unknown>).kind === 'failed';
    this.#policy = circuitBreaker(handleWhenResult(isFailed), {
      breaker: new ConsecutiveBreaker(parts.settings.failures),
      halfOpenAfter: this.#pause(),
    });
    this.#policy.onBreak(() => this.#opened());
    this.#policy.onReset(() => {
      this.#outage = false;
      parts.onClosed();
    });
  }

  get phase(): CircuitPhase {
    if (this.#policy.state === CircuitState.Closed) return 'closed';
    return this.#policy.state === CircuitState.HalfOpen ? 'half-open' : 'open';
  }

  /** Returns the error that `run` would throw now. Lets a caller check before it waits in a queue. */
  refusal(): AdapterError | undefined {
    if (this.phase === 'closed' || (this.phase === 'open' && this.#leftMs <= 0)) return undefined;
    return this.#lastFailure && this.#ofOutage(this.#lastFailure);
  }

  /** @throws AdapterError the last failure if the circuit is open; whatever the work throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const refusal = this.refusal();
    if (refusal !== undefined) throw refusal;
    const end = await this.#policy.execute(() => this.#call(work));
    if (end.kind === 'done') return end.value;
    const isOutage = end.kind === 'failed' && this.phase !== 'closed' && end.error.code !== 'Canceled';
    throw isOutage ? this.#ofOutage(end.error) : end.error;
  }

  /**
   * Returns the failure as clients see it while the circuit is open, whether SLS was asked for them or not. It is not
   * retryable: before its time, another attempt would be refused.
   */
  #ofOutage(error: AdapterError): AdapterError {
    const { code, what, remedy } = error;
    const everySeconds = this.#parts.settings.openMs / 1000;
    return new AdapterError(code, `${what}; asked again every ${everySeconds} s`, {
      cause: error.cause,
      slsRequestId: error.slsRequestId,
      remedy,
      retryable: false,
    });
  }

  async #call<T>(work: () => Promise<T>): Promise<CallEnd<T>> {
    const isProbe = this.phase === 'half-open';
    const openings = this.#openings;
    const sentMs = this.#parts.monotonicMs();
    try {
      return { kind: 'done', value: await work() };
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      // A canceled probe shows nothing: the circuit stays open, and the next query is the probe.
      if (isProbe && error.code === 'Canceled') {
        this.#openUntilMs = this.#parts.monotonicMs();
        return { kind: 'failed', error };
      }
      const { opensCircuit } = errorRegistry[error.code];
      // A query that was sent before the circuit opened says nothing about the time after.
      const isLate = openings !== this.#openings;
      if (error.code === 'Canceled' || (opensCircuit && isLate)) throw error;
      if (!opensCircuit) return { kind: 'answered', error };
      this.#lastFailure = error;
      // From when the query was sent: while it waited for an answer in vain, SLS was not asked again.
      this.#openUntilMs = sentMs + this.#parts.settings.openMs;
      return { kind: 'failed', error };
    }
  }

  /** cockatiel compares durations with the system clock, which may be set. So the duration is all or nothing, by ours. */
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

  get #leftMs(): number {
    return this.#openUntilMs - this.#parts.monotonicMs();
  }
}
