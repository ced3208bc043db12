import {
  BIGINT,
  DOUBLE,
  DuckDBDataChunk,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBValue,
} from '@duckdb/node-api';
import { identifier } from './sql-text.ts';
import type { TableColumn } from './columns.ts';

const duckType = { BIGINT, DOUBLE, VARCHAR };

/** Rows of a DuckDB vector. */
const chunkRows = 2048;

/** A stretch of a logstore, by the time at which its lines came in: one table, dropped as a whole. */
export class Segment {
  readonly table: string;
  readonly #appender: DuckDBAppender;
  /** Used again and again: each holds a megabyte outside the heap, of which the collector knows nothing. */
  readonly #chunk: DuckDBDataChunk;
  rows = 0;
  /** The span of `__time__` in it, in seconds, both ends included. */
  minSeconds = Infinity;
  maxSeconds = -Infinity;

  private constructor(table: string, columns: readonly TableColumn[], appender: DuckDBAppender) {
    this.table = table;
    this.#appender = appender;
    this.#chunk = DuckDBDataChunk.create(columns.map(({ sqlType }) => duckType[sqlType]));
  }

  static async create(
    connection: DuckDBConnection,
    table: string,
    columns: readonly TableColumn[],
  ): Promise<Segment> {
    const list = columns.map(({ name, sqlType }) => `${name} ${sqlType}`).join(', ');
    await connection.run(`CREATE TABLE ${identifier(table)} (${list})`);
    return new Segment(table, columns, await connection.createAppender(table));
  }

  /** Adds rows, given column by column, and makes them visible to later queries. */
  append(columns: readonly (readonly DuckDBValue[])[], rows: number): void {
    for (let start = 0; start < rows; start += chunkRows) {
      this.#chunk.reset();
      this.#chunk.setColumns(columns.map((values) => values.slice(start, start + chunkRows)));
      this.#appender.appendDataChunk(this.#chunk);
    }
    this.#appender.flushSync();
    this.rows += rows;
  }

  async drop(connection: DuckDBConnection): Promise<void> {
    this.#appender.closeSync();
    await connection.run(`DROP TABLE ${identifier(this.table)}`);
  }
}
