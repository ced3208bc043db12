import type { DuckDBConnection } from '@duckdb/node-api';
import type { LogRecord, LogSink } from '../log-record.ts';
import { identifier, tableColumns, visibleColumn, type TableColumn } from './columns.ts';
import type { IndexConfig } from './index-config.ts';
import { RowEncoder } from './row-encoder.ts';
import { Segment } from './segment.ts';

/** A `query` logstore has no SQL. https://www.alibabacloud.com/help/en/sls/user-guide/manage-a-logstore */
export type LogstoreMode = 'standard' | 'query';

interface LogstoreOptions {
  readonly name: string;
  readonly mode: LogstoreMode;
  /** Undefined: none yet, so no query is answered. */
  readonly index: IndexConfig | undefined;
  /** Prefix of its table names, unique in the database. */
  readonly tablePrefix: string;
  readonly retentionSeconds: number;
  /** Returns the time from append to visible. Called at each append. */
  readonly ingestLagMs: () => number;
  readonly nowMs: () => number;
}

/** A half-open range of whole seconds. */
export interface TimeRange {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** How long a table stays after its last line has expired, for queries that still run. */
const runningQuerySeconds = 60;

/** The lines of one logstore, kept in segments for a limited time. Old segments are dropped as a whole. */
export class Logstore implements LogSink {
  readonly name: string;
  readonly mode: LogstoreMode;
  readonly index: IndexConfig | undefined;
  readonly createdSeconds: number;
  readonly #columns: readonly TableColumn[];
  readonly #options: LogstoreOptions;
  readonly #connection: DuckDBConnection;
  readonly #encoder: RowEncoder;
  #segments: Segment[] = [];
  #openedMs = -Infinity;
  #sequence = 0;
  #appending: Promise<void> = Promise.resolve();

  constructor(connection: DuckDBConnection, options: LogstoreOptions) {
    this.name = options.name;
    this.mode = options.mode;
    this.index = options.index;
    this.createdSeconds = Math.floor(options.nowMs() / 1000);
    this.#options = options;
    this.#connection = connection;
    const index = options.index ?? { fields: {} };
    this.#columns = tableColumns(index);
    this.#encoder = new RowEncoder(index);
  }

  /** Number of lines in memory. */
  get rows(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.rows, 0);
  }

  append(records: readonly LogRecord[]): Promise<void> {
    const appended = this.#appending.then(() => this.#append(records));
    this.#appending = appended.catch(() => undefined);
    return appended;
  }

  /**
   * Returns a SELECT of the lines of a time range that are visible now.
   *
   * @param selectList columns and expressions over the table's columns
   * @param condition the search statement as SQL over the table's columns
   */
  rowsQuery(range: TimeRange, selectList: string, condition: string): string {
    const nowMs = this.#options.nowMs();
    const from = Math.max(range.fromSeconds, this.#oldestSeconds(nowMs));
    const where = [
      `"__time__" >= ${from}`,
      `"__time__" < ${range.toSeconds}`,
      `${visibleColumn} <= ${Math.floor(nowMs)}`,
      condition,
    ].join(' AND ');
    const tables = this.#segments
      .filter(({ minSeconds, maxSeconds }) => maxSeconds >= from && minSeconds < range.toSeconds)
      .map(({ table }) => `SELECT ${selectList} FROM ${identifier(table)} WHERE ${where}`);
    return tables.length > 0 ? tables.join(' UNION ALL ') : this.#emptySelect(selectList);
  }

  async #append(records: readonly LogRecord[]): Promise<void> {
    const nowMs = this.#options.nowMs();
    const segment = await this.#currentSegment(nowMs);
    const kept = records.filter(({ timeSeconds }) => timeSeconds >= this.#oldestSeconds(nowMs));
    if (kept.length === 0) return;
    const visibleMs = nowMs + this.#options.ingestLagMs();
    for (const { timeSeconds } of kept) {
      segment.minSeconds = Math.min(segment.minSeconds, timeSeconds);
      segment.maxSeconds = Math.max(segment.maxSeconds, timeSeconds);
    }
    segment.append(this.#encoder.encode(kept, this.#sequence, visibleMs), kept.length);
    this.#sequence += kept.length;
  }

  async #currentSegment(nowMs: number): Promise<Segment> {
    const current = this.#segments.at(-1);
    const spanMs = Math.max(1000, (this.#options.retentionSeconds * 1000) / 12);
    if (current && nowMs - this.#openedMs < spanMs && nowMs >= this.#openedMs) return current;
    await this.#dropOld(nowMs);
    this.#openedMs = nowMs;
    const table = `${this.#options.tablePrefix}_${this.#sequence}_${Math.floor(nowMs)}`;
    const opened = await Segment.create(this.#connection, table, this.#columns);
    this.#segments.push(opened);
    return opened;
  }

  async #dropOld(nowMs: number): Promise<void> {
    const oldest = this.#oldestSeconds(nowMs) - runningQuerySeconds;
    const dropped = this.#segments.filter(({ maxSeconds }) => maxSeconds < oldest);
    this.#segments = this.#segments.filter((segment) => !dropped.includes(segment));
    for (const segment of dropped) await segment.drop(this.#connection);
  }

  #oldestSeconds(nowMs: number): number {
    return Math.floor(nowMs / 1000) - this.#options.retentionSeconds;
  }

  #emptySelect(selectList: string): string {
    const columns = this.#columns.map(({ name, sqlType }) => `NULL::${sqlType} AS ${name}`);
    return `SELECT ${selectList} FROM (SELECT ${columns.join(', ')}) WHERE false`;
  }
}
