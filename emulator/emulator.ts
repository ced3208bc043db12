import type { AccessKey } from './auth/credentials.ts';
import { FaultSource, type Faults } from './faults.ts';
import { HttpServer } from './http/server.ts';
import type { LogSink } from './log-record.ts';
import type { Project } from './project.ts';
import { QueryEngine } from './query-engine.ts';
import { QuerySlots } from './query-slots.ts';
import { Service } from './service.ts';
import { Database } from './store/database.ts';
import { nginxIngressIndex, type IndexConfig } from './store/index-config.ts';
import { Logstore } from './store/logstore.ts';

export interface EmulatorOptions {
  /** Address to listen on, e.g. `127.0.0.1`. */
  readonly listenHost: string;
  /** Port to listen on; 0 takes any free one. */
  readonly listenPort: number;
  /** Those that exist. Default index: that of ACK's nginx-ingress logstore. */
  readonly logstores: readonly {
    readonly project: string;
    readonly logstore: string;
    readonly index?: IndexConfig;
  }[];
  /** Given: requests must be signed with it, v1 or v4. Absent: anyone may ask. */
  readonly accessKey?: AccessKey;
  /** Added to every query. Default 0. */
  readonly latencyMs?: number;
  /** SQL queries at a time per project; one more is refused. Default 15. */
  readonly sqlConcurrency?: number;
  /** How long after `append` a line becomes visible to queries. Default 0. */
  readonly ingestLagMs?: number | (() => number);
  /** Share, 0 to 1, of queries answered with a 5xx. Default 0. */
  readonly errorRate?: number;
  /** How long lines are kept, by their own time. Default 3600. */
  readonly retentionSeconds?: number;
  /** Time in ms, also that of the replies' `Date`. Default: the system's. */
  readonly clock?: { now(): number };
  /** 0 ≤ n < 1. Default: Math.random. */
  readonly random?: () => number;
}

/** The emulator's counters. */
export interface EmulatorStats {
  /** GetLogs and GetLogsV2 requests that got as far as their logstore. */
  readonly queries: number;
  /** Those of them with SQL. */
  readonly sql: number;
  /** Those of them turned away because too many ran. */
  readonly refused: number;
  /** Most SQL queries at a time in any project. */
  readonly peakConcurrency: number;
  /** Lines held at present. */
  readonly rows: number;
  /** Lines that ingest could not read. */
  readonly unparsed: number;
}

export interface Emulator extends AsyncDisposable {
  /** Where it listens, e.g. `http://127.0.0.1:8088`. */
  readonly url: string;
  /** @throws Error for a project or logstore that does not exist */
  sink(project: string, logstore: string): LogSink;
  /** Also served as JSON on `GET /__stats`. */
  stats(): EmulatorStats;
  /** Ingest reports lines here that it could not read. */
  countUnparsed(lines: number): void;
  /** Replaces the present faults; `{}` clears them. Also `PUT /__faults`. */
  setFaults(faults: Faults): void;
  /** Breaks off what runs. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a local SLS: its HTTP surface, signatures, search and SQL over lines kept in memory.
 *
 * @throws Node's own error where the address cannot be had, e.g. `EADDRINUSE`
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const nowMs = () => (options.clock ?? Date).now();
  const database = await Database.open();
  const faults = new FaultSource();
  const projects = createProjects(options, database, nowMs);
  const engine = new QueryEngine({
    database,
    latencyMs: options.latencyMs ?? 0,
    errorRate: options.errorRate ?? 0,
    random: options.random ?? Math.random,
    nowMs,
  });
  let unparsed = 0;
  const stats = () => countAll(projects, engine, unparsed);
  const setFaults = (next: Faults) => faults.set(next);
  const service = new Service({ projects, engine, faults, accessKey: options.accessKey, nowMs });
  const server = new HttpServer({ service, stats, setFaults, nowMs });
  const { port } = await server
    .listen(options.listenHost, options.listenPort)
    .catch(async (error: unknown) => {
      await database[Symbol.asyncDispose]();
      throw error;
    });
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= server.close().then(() => database[Symbol.asyncDispose]()));
  return {
    url: `http://${options.listenHost.includes(':') ? `[${options.listenHost}]` : options.listenHost}:${port}`,
    sink: (project, logstore) => findLogstore(projects, project, logstore),
    stats,
    countUnparsed: (lines) => {
      unparsed += lines;
    },
    setFaults,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function createProjects(
  options: EmulatorOptions,
  database: Database,
  nowMs: () => number,
): ReadonlyMap<string, Project> {
  const lag = options.ingestLagMs ?? 0;
  const projects = new Map<string, Project & { logstores: Map<string, Logstore> }>();
  for (const [position, { project: name, logstore, index }] of options.logstores.entries()) {
    const slots = new QuerySlots(options.sqlConcurrency ?? 15);
    const project = projects.get(name) ?? { name, slots, logstores: new Map<string, Logstore>() };
    projects.set(name, project);
    const store = new Logstore(database.main, {
      name: logstore,
      index: index ?? nginxIngressIndex,
      tablePrefix: `logs_${position}`,
      retentionSeconds: options.retentionSeconds ?? 3600,
      ingestLagMs: typeof lag === 'function' ? lag : () => lag,
      nowMs,
    });
    project.logstores.set(logstore, store);
  }
  return projects;
}

function findLogstore(projects: ReadonlyMap<string, Project>, project: string, logstore: string): Logstore {
  const found = projects.get(project)?.logstores.get(logstore);
  if (!found) throw new Error(`no logstore ${logstore} in project ${project}`);
  return found;
}

function countAll(
  projects: ReadonlyMap<string, Project>,
  engine: QueryEngine,
  unparsed: number,
): EmulatorStats {
  const all = [...projects.values()];
  const rows = all.flatMap(({ logstores }) => [...logstores.values()].map((logstore) => logstore.rows));
  return {
    ...engine.counts,
    refused: all.reduce((sum, { slots }) => sum + slots.refused, 0),
    peakConcurrency: Math.max(0, ...all.map(({ slots }) => slots.peak)),
    rows: rows.reduce((sum, count) => sum + count, 0),
    unparsed,
  };
}
