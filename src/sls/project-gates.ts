import { LRUCache } from 'lru-cache';
import PQueue from 'p-queue';
import type { AdapterError } from '../errors.ts';
import { Circuit, type BreakerSettings, type CircuitPhase } from './circuit.ts';
import type { LogQuery, LogResult, LogSource } from './client.ts';
import { endpointUrl } from './endpoint.ts';
import { canceled, untilCanceled } from './until-canceled.ts';

export interface GateSettings {
  readonly maxConcurrent: number;
  readonly breaker: BreakerSettings;
}

export interface GateObserver {
  /** Called once per outage, with the failure that opened the circuit. */
  circuitOpened(event: {
    readonly project: string;
    readonly error: AdapterError;
    /** Time until the next query to SLS, and between probes after that. */
    readonly openMs: number;
  }): void;
  circuitClosed(event: { readonly project: string }): void;
}

export interface ProjectGatesParts {
  readonly logs: LogSource;
  /** Called once per project, at its first query. */
  readonly settingsOf: (project: string) => GateSettings;
  readonly observer: GateObserver;
  /** Default: the monotonic clock of the process. */
  readonly monotonicMs?: () => number;
  /** Default 1,000. */
  readonly maxProjects?: number;
}

export interface ProjectCounts {
  readonly project: string;
  /** A project that is queried over two endpoints has a gate for each. */
  readonly endpoint: string;
  /** Queries that were sent to SLS and have not ended. */
  readonly running: number;
  readonly waiting: number;
  readonly circuit: CircuitPhase;
}

interface Gate {
  readonly project: string;
  readonly endpoint: string;
  /** @bound the reads in flight | - | none yet | `server.maxRequestsInFlight` */
  readonly queue: PQueue;
  readonly circuit: Circuit;
}

/**
 * Limits the queries of each project: a few at the same time, in order, and none while its circuit is open. SLS runs 15
 * SQL queries per project at the same time, for all its clients. Clients name the projects, so only the most recently
 * queried are kept; a busy project that was evicted gets a second gate.
 */
export class ProjectGates implements LogSource {
  readonly #parts: Required<ProjectGatesParts>;
  /** @bound 1,000 projects | - | none yet | a constant */
  readonly #gates: LRUCache<string, Gate>;

  constructor(parts: ProjectGatesParts) {
    this.#parts = { monotonicMs: () => performance.now(), maxProjects: 1000, ...parts };
    this.#gates = new LRUCache({ max: this.#parts.maxProjects });
  }

  /**
   * A query that is canceled in the queue is never sent. A running one frees its place at once, even if the source
   * ignores the signal. When the circuit opens, queued queries are refused too.
   *
   * @throws AdapterError those of the source, also the last one while the circuit is open; `Canceled`
   */
  async query(query: LogQuery, signal: AbortSignal): Promise<LogResult> {
    const { queue, circuit } = this.#gateOf(query);
    const refusal = circuit.refusal();
    if (refusal !== undefined) throw refusal;
    const send = () => circuit.run(() => untilCanceled(this.#parts.logs.query(query, signal), signal));
    try {
      return await queue.add(send, { signal });
    } catch (thrown) {
      throw signal.aborted ? canceled(signal) : thrown;
    }
  }

  /** One entry per gate that is kept. */
  counts(): ProjectCounts[] {
    return [...this.#gates.values()].map(({ project, endpoint, queue, circuit }) => ({
      project,
      endpoint,
      running: queue.pending,
      waiting: queue.size,
      circuit: circuit.phase,
    }));
  }

  #gateOf({ endpoint, project }: LogQuery): Gate {
    const url = endpointUrl(endpoint);
    const key = `${url}/${project}`;
    const known = this.#gates.get(key);
    if (known !== undefined) return known;
    const { settingsOf, observer, monotonicMs } = this.#parts;
    const { maxConcurrent, breaker } = settingsOf(project);
    const gate = {
      project,
      endpoint: url,
      queue: new PQueue({ concurrency: maxConcurrent }),
      circuit: new Circuit({
        settings: breaker,
        monotonicMs,
        onOpened: (error) => observer.circuitOpened({ project, error, openMs: breaker.openMs }),
        onClosed: () => observer.circuitClosed({ project }),
      }),
    };
    this.#gates.set(key, gate);
    return gate;
  }
}
