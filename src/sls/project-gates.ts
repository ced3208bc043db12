import { LRUCache } from 'lru-cache';
import { AdapterError, errorRegistry, toAdapterError } from '../errors.ts';
import { pauseBoundMs, type BackOffSettings } from '../runtime/back-off.ts';
import { Circuit, type BreakerSettings, type CircuitPhase } from './circuit.ts';
import type { LogQuery, LogSource } from './client.ts';
import type { LogResult } from './read-reply.ts';
import { logstoreKey } from '../metric/series.ts';
import { QueryQueue, type Places, type QueryQueueSettings } from './query-queue.ts';
import { untilCanceled } from './transport.ts';

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

interface ProjectGatesParts extends Partial<QueryQueueSettings> {
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
  readonly places: Places;
  readonly circuit: Circuit;
}

const noNamespaces: ReadonlySet<string> = new Set();

/**
 * Limits the queries of each project: a few at the same time, in turns by namespace, and none while its circuit is open. SLS
 * runs 15 SQL queries per project at the same time, for all its clients. Projects and logstores that are missing are asked
 * for ever more rarely.
 */
export class ProjectGates implements LogSource {
  readonly #parts: Required<Omit<ProjectGatesParts, 'queriesPerSecond'>>;
  /**
   * The least recently queried first.
   *
   * @bound 1,000 projects, and those with queries | names of up to 63 characters | those that have answered stay the longest | a constant
   */
  readonly #gates = new Map<string, Gate>();
  readonly #queue: QueryQueue;
  readonly #absent: AbsentNames;

  constructor(parts: ProjectGatesParts) {
    this.#parts = { monotonicMs: () => performance.now(), maxProjects: 1000, ...parts };
    const { monotonicMs } = this.#parts;
    this.#queue = new QueryQueue({ ...parts, monotonicMs });
    this.#absent = new AbsentNames(monotonicMs);
  }

  /**
   * A query that is canceled in the queue is never sent. A running one frees its place at once, even if the source
   * ignores the signal. When the circuit opens, queued queries are refused too.
   *
   * @throws AdapterError those of the source, also the last one while the circuit is open or a name is missing; `Canceled`;
   *   `LimitExceeded`
   */
  async query(query: LogQuery, signal: AbortSignal): Promise<LogResult> {
    const { places, circuit } = this.#gateOf(query);
    const { namespaces = noNamespaces } = query;
    const refusal = () => this.#absent.refusal(query) ?? circuit.refusal(namespaces);
    const refused = refusal();
    if (refused !== undefined) throw refused;
    return this.#queue.run({
      ...{ places, signal, refusal, namespaces },
      bytes: query.query.length,
      isBackground: query.isBackground === true,
      send: async () => {
        const sentMs = this.#parts.monotonicMs();
        this.#absent.sent(query);
        try {
          const send = () => untilCanceled(this.#parts.logs.query(query, signal), signal);
          // A query of a whole day may take too long where readings do well.
          const result = await (query.isBackground === true ? send() : circuit.run(send, namespaces));
          places.hasAnswered = true;
          this.#absent.answered(query);
          return result;
        } catch (error) {
          const { hasAnswered } = places;
          throw this.#absent.failed(query, toAdapterError(error), { sentMs, hasAnswered });
        }
      },
    });
  }

  /** One entry per gate that is kept. */
  counts(): ProjectCounts[] {
    return [...this.#gates.values()].map(({ project, endpoint, places: { running, waiting }, circuit }) => ({
      ...{ project, endpoint, running, waiting },
      circuit: circuit.phase,
    }));
  }

  #gateOf({ endpoint, project }: LogQuery): Gate {
    const url = endpoint.url;
    const key = `${url}/${project}`;
    const gate = this.#gates.get(key) ?? this.#newGate(project, url);
    this.#gates.delete(key);
    this.#gates.set(key, gate);
    return gate;
  }

  #newGate(project: string, endpoint: string): Gate {
    const { settingsOf, observer, monotonicMs, maxProjects } = this.#parts;
    if (this.#gates.size >= maxProjects) this.#dropGate();
    const { maxConcurrent, breaker } = settingsOf(project);
    return {
      ...{ project, endpoint },
      places: { most: maxConcurrent, running: 0, waiting: 0, runningOf: new Map(), hasAnswered: false },
      circuit: new Circuit({
        settings: breaker,
        monotonicMs,
        onOpened: (error) => observer.circuitOpened({ project, error, openMs: breaker.openMs }),
        onClosed: () => observer.circuitClosed({ project }),
      }),
    };
  }

  /**
   * Clients name the projects, so only some gates are kept: one that SLS has never answered for goes first. A gate with
   * queries stays, because a second one of its project would let more of them run.
   */
  #dropGate(): void {
    const idle = [...this.#gates].filter(([, { places }]) => places.running + places.waiting === 0);
    const [key] = idle.find(([, { places }]) => !places.hasAnswered) ?? idle[0] ?? [];
    if (key !== undefined) this.#gates.delete(key);
  }
}

/** A project that was created, or a right that was granted, is found after this time at the latest. */
const pauses: BackOffSettings = { firstPauseMs: 1000, longestPauseMs: 60_000 };
/** A query that asks again may take so long. */
const probeMs = 20_000;

/** A name that is forgotten is only asked for again. */
const maxNames = 5000;
const maxBytes = 4 * 1024 * 1024;

interface Absent {
  readonly error: AdapterError;
  readonly failures: number;
  readonly askedAtMs: number;
  askAgainMs: number;
}

/** The names of a query: its project, and its logstore. */
type Names = Pick<LogQuery, 'endpoint' | 'project' | 'logstore'>;

/**
 * Asks ever more rarely for projects and logstores that are missing. Clients choose the names, so a query for each read of a
 * made-up name would take the place of others.
 */
class AbsentNames {
  readonly #monotonicMs: () => number;
  /**
   * What SLS said of names that it does not know.
   *
   * @bound {maxNames} names | {maxBytes} | `reading.perNamespace` | a constant
   */
  readonly #absent = new LRUCache<string, Absent>({
    max: maxNames,
    maxSize: maxBytes,
    sizeCalculation: ({ error }, key) => key.length + error.message.length,
  });

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** Returns the last answer of SLS if it is too early to ask again. */
  refusal(names: Names): AdapterError | undefined {
    for (const key of keysOf(names)) {
      const known = this.#absent.peek(key);
      if (known !== undefined && known.askAgainMs > this.#monotonicMs()) return known.error;
    }
    return undefined;
  }

  /** Lets no other query ask meanwhile. */
  sent(names: Names): void {
    for (const key of keysOf(names)) {
      const known = this.#absent.get(key);
      if (known !== undefined) known.askAgainMs = this.#monotonicMs() + probeMs;
    }
  }

  answered(names: Names): void {
    for (const key of keysOf(names)) this.#absent.delete(key);
  }

  /**
   * Returns the error with the time for which it is served again; unchanged if it says nothing of the names.
   *
   * @param query when it was sent, by the monotonic clock, and whether the project has ever answered one
   */
  failed(
    names: Names,
    error: AdapterError,
    { sentMs, hasAnswered }: { readonly sentMs: number; readonly hasAnswered: boolean },
  ): AdapterError {
    const isHost = !hasAnswered && isUnknownHost(error);
    const scope = isHost ? 'project' : errorRegistry[error.code].absent;
    if (scope === undefined) return error;
    const [project, logstore] = keysOf(names);
    const key = scope === 'project' ? project : logstore;
    const known = this.#absent.peek(key);
    // It was in flight when another query had the same answer.
    if (known !== undefined && known.askedAtMs >= sentMs) return known.error;
    const failures = (known?.failures ?? 0) + 1;
    const pauseMs = pauseBoundMs(failures, pauses);
    const { code, what, cause, slsRequestId, remedy } = error;
    const told = new AdapterError(code, what, {
      ...{ cause, slsRequestId, remedy },
      again: 'SLS is asked again within a minute',
      retryable: false,
    });
    const nowMs = this.#monotonicMs();
    this.#absent.set(key, { error: told, failures, askedAtMs: nowMs, askAgainMs: nowMs + pauseMs });
    return told;
  }
}

const isUnknownHost = ({ cause }: AdapterError) =>
  cause instanceof Error && 'code' in cause && cause.code === 'ENOTFOUND';

const keysOf = (names: Names) => [`${names.endpoint.url}/${names.project}`, logstoreKey(names)] as const;
