import { parameterInvalid, ServiceError } from './service-error.ts';
import type { Database } from './store/database.ts';
import type { IndexConfig } from './store/index-config.ts';
import { Logstore, type LogstoreMode } from './store/logstore.ts';

/** A project: its logstores by name, and the slots of its concurrent SQL queries. */
export interface Project {
  readonly name: string;
  readonly logstores: Map<string, Logstore>;
  readonly slots: QuerySlots;
}

export interface NewLogstore {
  readonly name: string;
  readonly mode: LogstoreMode;
  /** Undefined: none yet. */
  readonly index: IndexConfig | undefined;
}

interface ProjectsOptions {
  readonly database: Database;
  readonly sqlConcurrency: number;
  readonly retentionSeconds: number;
  readonly ingestLagMs: () => number;
  readonly nowMs: () => number;
}

/** All projects and logstores of the emulator. */
export class Projects {
  readonly #options: ProjectsOptions;
  readonly #projects = new Map<string, Project>();
  #tables = 0;

  constructor(options: ProjectsOptions) {
    this.#options = options;
  }

  get all(): readonly Project[] {
    return [...this.#projects.values()];
  }

  /** Adds a project without logstores. An existing one stays as it is. */
  add(name: string): void {
    if (this.#projects.has(name)) return;
    const slots = new QuerySlots(this.#options.sqlConcurrency);
    this.#projects.set(name, { name, slots, logstores: new Map() });
  }

  /** Throws ServiceError 404 ProjectNotExist. */
  find(name: string): Project {
    const found = this.#projects.get(name);
    if (found) return found;
    throw new ServiceError(404, 'ProjectNotExist', `The Project does not exist : ${name}`);
  }

  /** Throws ServiceError 404 ProjectNotExist or LogStoreNotExist. */
  findLogstore(project: string, name: string): Logstore {
    const found = this.find(project).logstores.get(name);
    if (found) return found;
    throw new ServiceError(404, 'LogStoreNotExist', `logstore ${name} does not exist`);
  }

  /** Throws ServiceError 400 LogStoreAlreadyExist or LogStoreInfoInvalid. */
  createLogstore(project: string, spec: NewLogstore): void {
    const { logstores } = this.find(project);
    if (!/^[a-z0-9][a-z0-9_-]{0,61}[a-z0-9]$/.test(spec.name))
      throw new ServiceError(400, 'LogStoreInfoInvalid', `logstore name ${spec.name} is invalid`);
    if (logstores.has(spec.name))
      throw new ServiceError(400, 'LogStoreAlreadyExist', `logstore ${spec.name} already exists.`);
    logstores.set(spec.name, this.#logstore(spec));
  }

  /** Adds the index of a logstore that has none. As in SLS, it covers only lines that arrive later. */
  createIndex(project: string, name: string, index: IndexConfig): void {
    const { mode, index: existing } = this.findLogstore(project, name);
    if (existing) throw new ServiceError(400, 'IndexAlreadyExist', 'Logstore index is already created.');
    this.find(project).logstores.set(name, this.#logstore({ name, mode, index }));
  }

  /** Throws ServiceError 404 ProjectNotExist or LogStoreNotExist. */
  deleteLogstore(project: string, name: string): void {
    this.findLogstore(project, name);
    this.find(project).logstores.delete(name);
  }

  /** Adds a logstore of any name. */
  addLogstore(project: string, spec: NewLogstore): void {
    this.add(project);
    this.find(project).logstores.set(spec.name, this.#logstore(spec));
  }

  #logstore(spec: NewLogstore): Logstore {
    const { database, retentionSeconds, ingestLagMs, nowMs } = this.#options;
    this.#tables += 1;
    const tablePrefix = `logs_${this.#tables}`;
    return new Logstore(database.main, { ...spec, tablePrefix, retentionSeconds, ingestLagMs, nowMs });
  }
}

/** Limits the concurrent SQL queries of a project, and counts them. */
class QuerySlots {
  readonly #limit: number;
  #running = 0;
  #peak = 0;
  #refused = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The most concurrent queries so far. */
  get peak(): number {
    return this.#peak;
  }

  /** Queries refused so far. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Takes a slot. Disposing the result frees it.
   *
   * @throws ServiceError ParameterInvalid `Too many queued queries` if no slot is free: SLS queues no query
   */
  take(project: string): Disposable {
    if (this.#running >= this.#limit) {
      this.#refused += 1;
      throw parameterInvalid(
        `Too many queued queries for "${project}", user can only run ${this.#limit} query concurrently`,
      );
    }
    this.#running += 1;
    this.#peak = Math.max(this.#peak, this.#running);
    return {
      [Symbol.dispose]: () => {
        this.#running -= 1;
      },
    };
  }
}
