import { AdapterError, errorRegistry } from '../errors.ts';

export interface BreakerSettings {
  /** This many failures in a row open the circuit. */
  readonly failures: number;
  /** How long the circuit stays open, measured from when the last failing query was sent. Then one query probes. */
  readonly openMs: number;
}

interface CircuitParts {
  readonly settings: BreakerSettings;
  /** Monotonic, ms: a step of the system clock neither opens nor closes the circuit. */
  readonly monotonicMs: () => number;
  /** Called once per outage, however many probes fail during it. */
  readonly onOpened: (error: AdapterError) => void;
  readonly onClosed: () => void;
}

export type CircuitPhase = 'closed' | 'open' | 'half-open';

/**
 * Stops calls for a while after failures in a row, then lets one probe through: if it succeeds, the circuit closes; if
 * it fails, the circuit opens again. Other calls get the last failure at once meanwhile; they do not wait for the probe.
 */
export class Circuit {
  readonly #parts: CircuitParts;
  #failuresInARow = 0;
  /** Set while the circuit is not closed. */
  #lastFailure: AdapterError | undefined;
  #openUntilMs = 0;
  #isProbing = false;
  #openings = 0;

  constructor(parts: CircuitParts) {
    this.#parts = parts;
  }

  get phase(): CircuitPhase {
    if (this.#lastFailure === undefined) return 'closed';
    return this.#isProbing ? 'half-open' : 'open';
  }

  /** Returns the error that `run` would throw now. Lets a caller check before it waits in a queue. */
  refusal(): AdapterError | undefined {
    const isDue = !this.#isProbing && this.#openUntilMs <= this.#parts.monotonicMs();
    return this.#lastFailure === undefined || isDue ? undefined : this.#ofOutage(this.#lastFailure);
  }

  /**
   * An error whose entry of the registry has no `opensCircuit` shows that SLS works. A canceled call shows nothing.
   *
   * @throws AdapterError the last failure if the circuit is open; whatever the work throws
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const refusal = this.refusal();
    if (refusal !== undefined) throw refusal;
    const isProbe = this.#lastFailure !== undefined;
    const openings = this.#openings;
    const sentMs = this.#parts.monotonicMs();
    this.#isProbing = isProbe;
    try {
      const value = await work();
      this.#answered(isProbe);
      return value;
    } catch (error) {
      if (isProbe) this.#isProbing = false;
      if (!(error instanceof AdapterError) || error.code === 'Canceled') throw error;
      if (!errorRegistry[error.code].opensCircuit) this.#answered(isProbe);
      // A call that was sent before the circuit opened says nothing about the time after.
      else if (openings === this.#openings) this.#failed(error, sentMs);
      throw this.#lastFailure === error ? this.#ofOutage(error) : error;
    }
  }

  #answered(isProbe: boolean): void {
    this.#failuresInARow = 0;
    if (!isProbe) return;
    this.#isProbing = false;
    this.#lastFailure = undefined;
    this.#parts.onClosed();
  }

  #failed(error: AdapterError, sentMs: number): void {
    const { settings, onOpened } = this.#parts;
    this.#failuresInARow += 1;
    const isProbe = this.#lastFailure !== undefined;
    if (!isProbe && this.#failuresInARow < settings.failures) return;
    this.#lastFailure = error;
    this.#openings += 1;
    // From when the query was sent: while it waited for an answer in vain, SLS was not asked again.
    this.#openUntilMs = sentMs + settings.openMs;
    if (!isProbe) onOpened(error);
  }

  /**
   * Returns the failure as clients see it while the circuit is open, whether SLS was asked for them or not. It is not
   * retryable: before its time, another attempt would be refused.
   */
  #ofOutage({ code, what, cause, slsRequestId, remedy }: AdapterError): AdapterError {
    const everySeconds = this.#parts.settings.openMs / 1000;
    return new AdapterError(code, `${what}; asked again every ${everySeconds} s`, {
      ...{ cause, slsRequestId, remedy },
      retryable: false,
    });
  }
}
