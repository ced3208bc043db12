import type { AccessKey } from './auth/credentials.ts';
import type { Differences } from './differences.ts';
import { FaultSource, type Faults } from './faults.ts';
import { HttpServer } from './http/server.ts';
import type { LogSink } from './log-record.ts';
import { Projects } from './projects.ts';
import { QueryEngine } from './query-engine.ts';
import { SlsApi } from './sls-api.ts';
import { Database } from './store/database.ts';
import { nginxIngressIndex, type IndexConfig } from './store/index-config.ts';
import type { LogstoreMode } from './store/logstore.ts';

export interface EmulatorOptions {
  /** Address to listen on. Default: `127.0.0.1`. */
  readonly listenHost?: string;
  /** Port to listen on. Default: any free one. */
  readonly listenPort?: number;
  /** The logstores that exist. Default index: that of ACK's nginx-ingress logstore. */
  readonly logstores: readonly {
    readonly project: string;
    readonly logstore: string;
    readonly index?: IndexConfig;
    /** Default: `standard`. A logstore of mode `query` refuses SQL. */
    readonly mode?: LogstoreMode;
  }[];
  /** Requests must be signed with this key, or one of these, by v1 or v4. Without it, no signature is checked. */
  readonly accessKey?: AccessKey | readonly AccessKey[];
  /** Added to every query. Default 0. */
  readonly latencyMs?: number;
  /** Concurrent SQL queries of a project; the next one is refused. Default 15. */
  readonly sqlConcurrency?: number;
  /** How long after `append` a line becomes visible to queries. Default 0. */
  readonly ingestLagMs?: number | (() => number);
  /** Share, 0 to 1, of queries answered with a 5xx. Default 0. */
  readonly errorRate?: number;
  /** How long lines are kept, counted from the time in the line. Default 3600. */
  readonly retentionSeconds?: number;
  /** Time in ms, also for the `Date` of replies. Default: the system clock. */
  readonly clock?: { now(): number };
  /** Uniform in [0, 1). Default: Math.random. */
  readonly random?: () => number;
}

/** The emulator's counters. */
export interface EmulatorStats {
  /** GetLogs and GetLogsV2 requests that passed all checks up to the logstore. */
  readonly queries: number;
  /** Queries with SQL. */
  readonly sql: number;
  /** SQL queries refused because too many were running. */
  readonly refused: number;
  /** The most SQL queries that ran at the same time in one project. */
  readonly peakConcurrency: number;
  /** Lines in memory now. */
  readonly rows: number;
  /** Lines that the access log reader could not parse. */
  readonly unparsed: number;
}

export interface Emulator extends AsyncDisposable {
  /** Its base URL, e.g. `http://127.0.0.1:8088`. */
  readonly url: string;
  /** Throws an Error if the project or the logstore does not exist. */
  sink(project: string, logstore: string): LogSink;
  /** Also served as JSON on `GET /__stats`. */
  stats(): EmulatorStats;
  /** Adds to the `unparsed` counter. */
  countUnparsed(lines: number): void;
  /** Replaces the current faults; `{}` clears them. Also `PUT /__faults`. Throws an Error if one would have no effect. */
  setFaults(faults: Faults): void;
  /**
   * Says that lines come through the collectors of so many ingress pods, which a fault can stall. Returns whether that of
   * a pod is stalled now.
   */
  collectFrom(pods: number): (pod: number) => boolean;
  /** Makes the emulator differ from SLS, for tests of checks; `{}` ends all differences. */
  differ(differences: Differences): void;
  /** Aborts running requests and closes. Further calls have no effect. */
  stop(): Promise<void>;
}

/**
 * Starts a local SLS: its HTTP API, signatures, search and SQL over lines in memory.
 *
 * @throws the error of Node if it cannot listen on the address, e.g. `EADDRINUSE`
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { listenHost = '127.0.0.1', listenPort = 0 } = options;
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
  const api = new SlsApi({
    projects,
    engine,
    faults,
    accessKeys: options.accessKey && [options.accessKey].flat(),
    nowMs,
  });
  const server = new HttpServer({ api, stats, setFaults, nowMs });
  const { port } = await server.listen(listenHost, listenPort).catch(async (error: unknown) => {
    await database[Symbol.asyncDispose]();
    throw error;
  });
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= server.close().then(() => database[Symbol.asyncDispose]()));
  return {
    url: `http://${listenHost.includes(':') ? `[${listenHost}]` : listenHost}:${port}`,
    sink: (project, logstore) => projects.findLogstore(project, logstore),
    stats,
    countUnparsed: (lines) => {
      unparsed += lines;
    },
    setFaults,
    collectFrom: (pods) => faults.collectFrom(pods),
    differ: (differences) => engine.differ(differences),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function createProjects(options: EmulatorOptions, database: Database, nowMs: () => number): Projects {
  const lag = options.ingestLagMs ?? 0;
  const projects = new Projects({
    database,
    sqlConcurrency: options.sqlConcurrency ?? 15,
    retentionSeconds: options.retentionSeconds ?? 3600,
    ingestLagMs: typeof lag === 'function' ? lag : () => lag,
    nowMs,
  });
  for (const { project, logstore: name, index = nginxIngressIndex, mode = 'standard' } of options.logstores)
    projects.addLogstore(project, { name, index, mode });
  return projects;
}

function countAll({ all }: Projects, engine: QueryEngine, unparsed: number): EmulatorStats {
  const rows = all.flatMap(({ logstores }) => [...logstores.values()].map((logstore) => logstore.rows));
  return {
    ...engine.counts,
    refused: all.reduce((sum, { slots }) => sum + slots.refused, 0),
    peakConcurrency: Math.max(0, ...all.map(({ slots }) => slots.peak)),
    rows: rows.reduce((sum, count) => sum + count, 0),
    unparsed,
  };
}
