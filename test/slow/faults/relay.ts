import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { listenOn } from '../../support/ports.ts';

/** One connection of the adapter through the relay. */
interface Connection {
  readonly toAdapter: Socket;
  readonly toSls: Socket;
  /** Writes that wait until the relay no longer stalls. */
  readonly delayed: (() => void)[];
}

/** The network between the adapter and SLS. It counts connections and can fail as networks do. */
export class Relay implements AsyncDisposable {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;
  #port = 0;
  #stalled = false;
  #peak = 0;

  private constructor(targetUrl: string) {
    const { hostname, port } = new URL(targetUrl);
    this.#target = { host: hostname, port: Number(port) };
  }

  static async start(targetUrl: string): Promise<Relay> {
    const relay = new Relay(targetUrl);
    await relay.#listen();
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The adapter's open connections. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** The maximum of `connectionCount` so far. */
  get peakConnections(): number {
    return this.#peak;
  }

  /** Resets all connections and refuses new ones. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && once(server, 'close');
    server?.close();
    this.#resetAll();
    await closed;
  }

  /** Keeps connections open, but forwards nothing. */
  stall(): void {
    this.#stalled = true;
  }

  /** Ends `refuse` and `stall`. Delayed data then arrives late, as retransmitted packets do. */
  async repair(): Promise<void> {
    this.#stalled = false;
    for (const { delayed } of this.#connections) for (const write of delayed.splice(0)) write();
    if (this.#server === undefined) await this.#listen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.refuse();
  }

  async #listen(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    this.#port = await listenOn(server, this.#port);
    this.#server = server;
  }

  #accept(toAdapter: Socket): void {
    const connection: Connection = { toAdapter, toSls: connect(this.#target), delayed: [] };
    this.#connections.add(connection);
    this.#peak = Math.max(this.#peak, this.#connections.size);
    this.#forward(connection, toAdapter, connection.toSls);
    this.#forward(connection, connection.toSls, toAdapter);
  }

  #forward(connection: Connection, from: Socket, to: Socket): void {
    from.on('data', (bytes: Buffer) => {
      if (this.#stalled) connection.delayed.push(() => to.write(bytes));
      else to.write(bytes);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#connections.delete(connection);
      to.destroy();
    });
  }

  #resetAll(): void {
    for (const { toAdapter, toSls } of this.#connections) {
      toAdapter.resetAndDestroy();
      toSls.destroy();
    }
  }
}
