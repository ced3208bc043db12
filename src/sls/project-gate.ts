import PQueue from 'p-queue';
import { Circuit, type BreakerSettings, type CircuitParts, type CircuitPhase } from './circuit.ts';
import { canceled, untilCanceled } from './until-canceled.ts';

export interface GateSettings {
  /** Queries at a time. */
  readonly maxConcurrent: number;
  readonly breaker: BreakerSettings;
}

export interface GateCounts {
  /** Queries that are with SLS. */
  readonly running: number;
  /** Queries that wait for their turn. */
  readonly waiting: number;
  readonly circuit: CircuitPhase;
}

/** Lets the queries of one project through: some at a time, in order, and none while its circuit is open. */
export class ProjectGate {
  readonly #turns: PQueue;
  readonly #circuit: Circuit;

  constructor({ maxConcurrent, breaker }: GateSettings, parts: Omit<CircuitParts, 'settings'>) {
    this.#turns = new PQueue({ concurrency: maxConcurrent });
    this.#circuit = new Circuit({ ...parts, settings: breaker });
  }

  get counts(): GateCounts {
    return { running: this.#turns.pending, waiting: this.#turns.size, circuit: this.#circuit.phase };
  }

  /**
   * A work that is canceled while it waits is let go and never begun; one that runs gives its turn to the next at
   * once, whether or not it heeds the signal. When the circuit opens, those who wait are refused as well.
   *
   * @throws AdapterError `CircuitOpen`, `Canceled`, or that of the work
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const refusal = this.#circuit.refusal();
    if (refusal !== undefined) throw refusal;
    const begin = () => this.#circuit.run(() => untilCanceled(work(), signal));
    try {
      return await this.#turns.add(begin, { signal });
    } catch (thrown) {
      throw signal.aborted ? canceled(signal) : thrown;
    }
  }
}
