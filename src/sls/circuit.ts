import { AdapterError, errorRegistry } from '../errors.ts';
import { namerOf } from '../runtime/shares.ts';

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

const noNamespaces: ReadonlySet<string> = new Set();

/** Once queries of so many have failed, the circuit is open for all. */
const mostNamers = 1000;
/** Of the namespaces that one client of KEDA's port names: once so many have failed, the circuit is open for that client. */
const mostOfNamer = 100;

/**
 * Stops calls for a while after failures in a row, then lets one probe through: if it succeeds, the circuit closes; if
 * it fails, the circuit opens again. Other calls get the last failure at once meanwhile; they do not wait for the probe.
 *
 * The queries of one namespace may fail because they are too long for SLS. So a namespace without a failure since may send
 * a query while the circuit is open, which is a probe too.
 */
export class Circuit {
  readonly #parts: CircuitParts;
  /**
   * Whose queries have failed since SLS answered last, by `namerOf` the share.
   *
   * @bound {mostNamers} namespaces, users or clients of KEDA's port | 205 characters each | {mostOfNamer} namespaces that such a client names | constants
   */
  readonly #failing = new Map<string, Set<string>>();
  #failuresInARow = 0;
  /** Set while the circuit is not closed. */
  #lastFailure: AdapterError | undefined;
  /** The same for all clients: thousands of failing series keep it. */
  #shown: AdapterError | undefined;
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

  /**
   * Returns the error that `run` would throw now. Lets a caller check before it waits in a queue.
   *
   * @param namespaces that the query serves
   */
  refusal(namespaces = noNamespaces): AdapterError | undefined {
    if (this.#lastFailure === undefined) return undefined;
    const isDue = !this.#isProbing && this.#openUntilMs <= this.#parts.monotonicMs();
    const mayProbe = isDue || [...namespaces].some((one) => this.#isFirst(one));
    return mayProbe ? undefined : this.#shown;
  }

  /**
   * An error whose entry of the registry has no `opensCircuit` shows that SLS works. A canceled call shows nothing.
   *
   * @throws AdapterError the last failure if the circuit is open; whatever the work throws
   */
  async run<T>(work: () => Promise<T>, namespaces = noNamespaces): Promise<T> {
    const refusal = this.refusal(namespaces);
    if (refusal !== undefined) throw refusal;
    const isProbe = this.#lastFailure !== undefined;
    // Until the probe has succeeded, no second query of these is one.
    if (isProbe) this.#hasFailed(namespaces);
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
      else {
        this.#hasFailed(namespaces);
        // A call that was sent before the circuit opened says nothing about the time after.
        if (openings === this.#openings) this.#failed(error, sentMs);
      }
      throw (this.#lastFailure === error ? this.#shown : undefined) ?? error;
    }
  }

  #answered(isProbe: boolean): void {
    this.#failuresInARow = 0;
    const wasOpen = this.#lastFailure !== undefined;
    // It was sent before the circuit opened.
    if (wasOpen && !isProbe) return;
    this.#isProbing = false;
    this.#failing.clear();
    this.#lastFailure = undefined;
    if (wasOpen) this.#parts.onClosed();
  }

  /** Whether no query of the namespace has failed, and there is room to note that one has. */
  #isFirst(namespace: string): boolean {
    const failing = this.#failing.get(namerOf(namespace));
    if (failing === undefined) return this.#failing.size < mostNamers;
    return failing.size < mostOfNamer && !failing.has(namespace);
  }

  #hasFailed(namespaces: ReadonlySet<string>): void {
    for (const one of namespaces) {
      if (!this.#isFirst(one)) continue;
      const failing = this.#failing.get(namerOf(one)) ?? new Set();
      this.#failing.set(namerOf(one), failing.add(one));
    }
  }

  #failed(error: AdapterError, sentMs: number): void {
    const { settings, onOpened } = this.#parts;
    this.#failuresInARow += 1;
    const isProbe = this.#lastFailure !== undefined;
    if (!isProbe && this.#failuresInARow < settings.failures) return;
    this.#lastFailure = error;
    this.#shown = this.#ofOutage(error);
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
    return new AdapterError(code, what, {
      ...{ cause, slsRequestId, remedy },
      again: `asked again every ${everySeconds} s`,
      retryable: false,
    });
  }
}
