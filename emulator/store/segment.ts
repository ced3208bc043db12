import {
  BIGINT,
  DOUBLE,
  DuckDBDataChunk,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBValue,
} from '@duckdb/node-api';
import { identifier, type TableColumn } from './columns.ts';

const duckType = { BIGINT, DOUBLE, VARCHAR };

/** Rows in a DuckDB vector. */
const chunkRows = 2048;

/** One table with the lines that arrived during some time. It is dropped as a whole. */
export class Segment {
  readonly table: string;
  readonly #appender: DuckDBAppender;
  /** Reused, since each chunk has a megabyte outside the heap that the garbage collector does not count. */
  readonly #chunk: DuckDBDataChunk;
  rows = 0;
  /** Smallest and largest `__time__` of its lines, in seconds. */
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

  /** Adds rows, given as columns. Later queries see them. */
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
