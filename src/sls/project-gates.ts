import { LRUCache } from 'lru-cache';
import type { AdapterError } from '../errors.ts';
import type { LogQuery, LogResult, LogSource } from './client.ts';
import { ProjectGate, type GateCounts, type GateSettings } from './project-gate.ts';

/** What is told of the circuits of projects. */
export interface GateObserver {
  /** Once an outage, with the failure that made it one. */
  circuitOpened(event: {
    readonly project: string;
    readonly error: AdapterError;
    /** How long until SLS is asked again, and between the probes from then on. */
    readonly openMs: number;
  }): void;
  circuitClosed(event: { readonly project: string }): void;
}

export interface ProjectGatesParts {
  readonly logs: LogSource;
  /** Asked once a project, when it is first queried. */
  readonly settingsOf: (project: string) => GateSettings;
  readonly observer: GateObserver;
  /** Default: that of the process. */
  readonly monotonicMs?: () => number;
  /** Default 1,000. */
  readonly maxProjects?: number;
}

export interface ProjectCounts extends GateCounts {
  readonly project: string;
  /** One project may be asked over two endpoints, each with a gate of its own. */
  readonly endpoint: string;
}

/**
 * A gate before each project: SLS runs 15 SQL queries at a time per project, for all who ask, and one in trouble is
 * not to be made worse. Projects are named by whoever asks, so only those asked last are remembered; a busy one that
 * is forgotten gets a new gate beside the old.
 */
export class ProjectGates implements LogSource {
  readonly #parts: Required<ProjectGatesParts>;
  readonly #gates: LRUCache<
    string,
    { readonly project: string; readonly endpoint: string; readonly gate: ProjectGate }
  >;

  constructor(parts: ProjectGatesParts) {
    this.#parts = { monotonicMs: () => performance.now(), maxProjects: 1000, ...parts };
    this.#gates = new LRUCache({ max: this.#parts.maxProjects });
  }

  /** @throws AdapterError those of the source; `CircuitOpen`, `Canceled` */
  query(query: LogQuery, signal: AbortSignal): Promise<LogResult> {
    return this.#gateOf(query).run(() => this.#parts.logs.query(query, signal), signal);
  }

  /** Of each project that is remembered. */
  counts(): ProjectCounts[] {
    return [...this.#gates.values()].map(({ gate, ...name }) => ({ ...name, ...gate.counts }));
  }

  #gateOf({ endpoint: { protocol, authority }, project }: LogQuery): ProjectGate {
    const key = JSON.stringify([protocol, authority, project]);
    const known = this.#gates.get(key);
    if (known !== undefined) return known.gate;
    const { settingsOf, observer, monotonicMs } = this.#parts;
    const settings = settingsOf(project);
    const gate = new ProjectGate(settings, {
      name: `project ${project}`,
      monotonicMs,
      onOpened: (error) => observer.circuitOpened({ project, error, openMs: settings.breaker.openMs }),
      onClosed: () => observer.circuitClosed({ project }),
    });
    this.#gates.set(key, { project, endpoint: `${protocol}://${authority}`, gate });
    return gate;
  }
}
