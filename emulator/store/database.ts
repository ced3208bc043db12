import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { macros } from '../sql/functions.ts';

/** DuckDB ignores an interrupt between two statements, so we repeat it. */
const interruptEveryMs = 10;

/** An in-memory DuckDB with the functions of SLS. It has no access to files or the network. */
export class Database implements AsyncDisposable {
  readonly #instance: DuckDBInstance;
  readonly #main: DuckDBConnection;

  private constructor(instance: DuckDBInstance, main: DuckDBConnection) {
    this.#instance = instance;
    this.#main = main;
  }

  static async open(): Promise<Database> {
    const instance = await DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const main = await instance.connect();
    for (const macro of macros) await main.run(macro);
    await main.run('SET enable_external_access = false');
    await main.run('SET lock_configuration = true');
    return new Database(instance, main);
  }

  /** The connection for tables and appends. Each query has its own. */
  get main(): DuckDBConnection {
    return this.#main;
  }

  /** Calls `use` with a new connection, and interrupts it when the signal fires. */
  async query<T>(signal: AbortSignal, use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.#instance.connect();
    let interrupting: NodeJS.Timeout | undefined;
    const interrupt = () => {
      interrupting = setInterval(() => connection.interrupt(), interruptEveryMs);
    };
    signal.addEventListener('abort', interrupt, { once: true });
    try {
      signal.throwIfAborted();
      return await use(connection);
    } finally {
      signal.removeEventListener('abort', interrupt);
      clearInterval(interrupting);
      connection.closeSync();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#main.closeSync();
    this.#instance.closeSync();
    return Promise.resolve();
  }
}
