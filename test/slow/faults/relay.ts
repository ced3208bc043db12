import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { waitFor } from '../../support/wait-for.ts';

/** One connection of the adapter, by both ends that the network has of it. */
interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** What did not get through yet. */
  readonly held: (() => void)[];
}

/** The network between the adapter and SLS: counts connections, and fails as networks do. */
export class Relay implements AsyncDisposable {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #pairs = new Set<Pair>();
  #server: Server | undefined;
  #port = 0;
  #swallowing = false;
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

  /** Connections of the adapter that are open. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Most of them at a time, so far. */
  get peakConnections(): number {
    return this.#peak;
  }

  /** Breaks all connections and refuses new ones. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && once(server, 'close');
    server?.close();
    this.#breakAll();
    await closed;
  }

  /** Connections stand, but nothing more gets through. */
  swallow(): void {
    this.#swallowing = true;
  }

  /** Ends `refuse` and `swallow`. What was swallowed comes through late, as packets that are sent again do. */
  async mend(): Promise<void> {
    this.#swallowing = false;
    for (const { held } of this.#pairs) for (const pass of held.splice(0)) pass();
    // Another process may have taken the port meanwhile, for a moment.
    if (this.#server === undefined)
      await waitFor(
        () =>
          this.#listen().then(
            () => true,
            () => false,
          ),
        10_000,
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.refuse();
  }

  async #listen(): Promise<void> {
    const server = createServer((socket) => this.#join(socket));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  #join(near: Socket): void {
    const pair: Pair = { near, far: connect(this.#target), held: [] };
    this.#pairs.add(pair);
    this.#peak = Math.max(this.#peak, this.#pairs.size);
    this.#pass(pair, near, pair.far);
    this.#pass(pair, pair.far, near);
  }

  #pass(pair: Pair, from: Socket, to: Socket): void {
    from.on('data', (bytes: Buffer) => {
      if (this.#swallowing) pair.held.push(() => to.write(bytes));
      else to.write(bytes);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#pairs.delete(pair);
      to.destroy();
    });
  }

  #breakAll(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
  }
}
