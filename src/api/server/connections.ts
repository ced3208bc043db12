import { closeSync, openSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { devNull } from 'node:os';
import { keepAliveTimeoutMs, maxSharedStreams } from './tls-server.ts';

export interface ConnectionObserver {
  /** A connection was closed because there are too many. */
  connectionEvicted(event: {
    /** The address, or the user, that holds the most connections. */
    readonly holder: string;
    readonly held: number;
    readonly most: number;
  }): void;
  /** Each connection is an open file, and the process may open no more. `most`: how many connections it keeps now. */
  filesExhausted(event: { readonly most: number }): void;
}

export interface Connection {
  /** The bare socket until TLS is established. */
  socket: Socket;
  /** The client, for shares: an IPv4 address, or the /64 of an IPv6 address. */
  readonly address: string;
  /** Who counts as the owner: the address, later the first authenticated user. */
  holder: string;
  isAuthenticated: boolean;
  /** HTTP/2 only. */
  session: ServerHttp2Session | undefined;
  /** How many requests have no complete response. */
  openRequests: number;
  /** How long it has had no request. */
  secondsIdle: number;
  /** How long the client has been told that the connection ends. */
  secondsEnding: number;
  /** The last check found everything sent, the end of the session included: only the client holds it open. */
  isOver: boolean;
}

/** What is left when the process may open no more files. */
const keptShare = 0.75;
const leastConnections = 16;

/** After we ended a connection, how long the client may take to end it too. */
const endingSeconds = 5;

/**
 * Tracks the connections of a server.
 *
 * A new connection is always accepted. Beyond the bound, one of the holder with the most connections is closed, so that
 * no client locks out others, and none is refused at its first byte, such as a probe of the kubelet. Authenticated
 * connections are spared until they are more than half of the bound.
 *
 * A closing server uses it to end connections without a pending response: Node's `close` waits without limit for
 * connections that have not sent a complete request, for HTTP/2 sessions whose handshake ends after the server began to
 * close, and for clients that do not hang up after the server did.
 */
export class Connections {
  #most: number;
  readonly #observer: ConnectionObserver | undefined;
  readonly #canOpenFile: () => boolean;
  /**
   * The oldest first.
   *
   * @bound `server.maxConnections` | 64 KiB of headers each, and about as much for TLS | the client with the most loses its oldest idle one | `server.maxConnections`
   */
  readonly #byHolder = new Map<string, Set<Connection>>();
  /** @bound `server.maxConnections` | - | as above | `server.maxConnections` */
  readonly #all = new Map<Socket, Connection>();
  #unauthenticated = 0;
  /** @bound three for each connection | - | as the connections | `server.maxConnections` */
  readonly #byPeer = new Map<object, Connection>();

  constructor(most: number, observer?: ConnectionObserver, canOpenFile = canOpenFiles) {
    this.#most = most;
    this.#observer = observer;
    this.#canOpenFile = canOpenFile;
  }

  /** Tracks the connections of a server, with or without TLS. */
  watch(server: HttpServer): void {
    /** @bound as the connections | - | as the connections | `server.maxConnections` */
    const inHandshake = new Map<string, Connection>();
    // Without TLS, the server's own listener emits `session` synchronously.
    server.prependListener('connection', (socket: Socket) => {
      const connection = this.#add(socket);
      const name = peerName(socket);
      inHandshake.set(name, connection);
      this.#know(socket, connection);
      socket.on('close', () => {
        if (inHandshake.get(name) === connection) inHandshake.delete(name);
        this.#remove(socket, connection);
      });
    });
    let newest: Connection | undefined;
    // Runs before the server's own listener, which emits `session` for the same connection synchronously.
    server.prependListener('secureConnection', (socket: Socket) => {
      const name = peerName(socket);
      newest = inHandshake.get(name);
      if (newest === undefined) return;
      inHandshake.delete(name);
      newest.socket = socket;
      this.#know(socket, newest);
    });
    server.on('session', (session: ServerHttp2Session) => {
      const connection = newest ?? inHandshake.get(peerName(session.socket));
      if (connection === undefined) return;
      connection.session = session;
      this.#know(session, connection);
    });
    // Without a listener, a failed accept would end the process. `sweep` looks for the cause.
    server.on('error', () => undefined);
  }

  /** The connection has sent a request of an authenticated user. */
  authenticated(connection: Connection, user: string): void {
    if (connection.isAuthenticated) return;
    connection.isAuthenticated = true;
    this.#unauthenticated -= 1;
    this.#leave(connection);
    connection.holder = user;
    this.#join(connection);
    if (connection.session?.destroyed === false)
      connection.session.settings({ maxConcurrentStreams: maxSharedStreams });
  }

  /**
   * Runs once a second. Ends idle sessions of HTTP/2, closes connections whose client does not end them, and some if files
   * are exhausted. Node's own time limit of a session would keep each closed session in memory until it passes.
   */
  sweep(): void {
    if (!this.#canOpenFile()) this.#keepFewer();
    for (const connection of this.#all.values()) {
      const { socket, session, openRequests } = connection;
      connection.secondsIdle = openRequests === 0 ? connection.secondsIdle + 1 : 0;
      if (connection.secondsIdle * 1000 >= keepAliveTimeoutMs) session?.close();
      connection.secondsEnding = socket.writableEnded ? connection.secondsEnding + 1 : 0;
      if (connection.secondsEnding > endingSeconds) socket.destroy();
    }
  }

  /** Ends connections without a pending response, even if a request is still arriving. HTTP/2 sessions accept no new requests. */
  endIdle(): void {
    for (const connection of this.#all.values()) {
      const { socket, session, openRequests, isOver } = connection;
      if (session === undefined ? openRequests === 0 : isOver) socket.destroy();
      else session?.close();
      connection.isOver = session?.destroyed === true && socket.writableFinished;
    }
  }

  destroyAll(): void {
    for (const { socket } of this.#all.values()) socket.destroy();
  }

  /** By the socket of HTTP/1.1, or the session of HTTP/2. */
  get byPeer(): ReadonlyMap<object, Connection> {
    return this.#byPeer;
  }

  #know(peer: Socket | ServerHttp2Session, connection: Connection): void {
    this.#byPeer.set(peer, connection);
    peer.on('close', () => this.#byPeer.delete(peer));
  }

  #add(socket: Socket): Connection {
    const address = addressOf(socket);
    const connection: Connection = {
      socket,
      address,
      holder: address,
      isAuthenticated: false,
      session: undefined,
      openRequests: 0,
      secondsIdle: 0,
      secondsEnding: 0,
      isOver: false,
    };
    this.#all.set(socket, connection);
    this.#unauthenticated += 1;
    this.#join(connection);
    if (this.#all.size > this.#most) {
      const event = this.#evict(connection);
      if (event !== undefined) this.#observer?.connectionEvicted(event);
    }
    return connection;
  }

  /** libuv closes new connections unseen while the process may open no more files. */
  #keepFewer(): void {
    const before = this.#all.size;
    this.#most = Math.max(leastConnections, Math.floor(before * keptShare));
    this.#observer?.filesExhausted({ most: this.#most });
    for (let excess = before - this.#most; excess > 0; excess--) this.#evict();
  }

  #remove(socket: Socket, connection: Connection): void {
    if (!this.#all.delete(socket)) return;
    if (!connection.isAuthenticated) this.#unauthenticated -= 1;
    this.#leave(connection);
  }

  #join(connection: Connection): void {
    const held = this.#byHolder.get(connection.holder);
    if (held === undefined) this.#byHolder.set(connection.holder, new Set([connection]));
    else held.add(connection);
  }

  #leave(connection: Connection): void {
    const held = this.#byHolder.get(connection.holder);
    if (held?.delete(connection) === true && held.size === 0) this.#byHolder.delete(connection.holder);
  }

  /** Closes the oldest idle connection of the holder with the most, else its oldest. */
  #evict(newest?: Connection) {
    const sparesAuthenticated = this.#unauthenticated > this.#most / 2;
    let biggest: ReadonlySet<Connection> = new Set();
    for (const held of this.#byHolder.values()) {
      const [first] = held;
      if (sparesAuthenticated && first?.isAuthenticated === true) continue;
      if (held.size > biggest.size) biggest = held;
    }
    let victim: Connection | undefined;
    for (const one of biggest) {
      if (one === newest || one.socket.destroyed) continue;
      victim ??= one;
      if (one.openRequests > 0) continue;
      victim = one;
      break;
    }
    if (victim === undefined) return undefined;
    const event = { holder: victim.holder, held: biggest.size, most: this.#most };
    victim.socket.destroy();
    return event;
  }
}

function canOpenFiles(): boolean {
  try {
    closeSync(openSync(devNull, 'r'));
    return true;
  } catch {
    return false;
  }
}

const peerName = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>) =>
  `${remoteAddress}|${remotePort}`;

/** A host with IPv6 can take any address of its /64. */
export function addressOf({ remoteAddress = '' }: { readonly remoteAddress?: string | undefined }): string {
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '');
  return address.includes(':') ? prefixOf(address) : address;
}

/** Returns the first four groups. */
function prefixOf(address: string): string {
  const [head = '', tail] = address.split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  const missing = 8 - groups.length - (tail === undefined || tail === '' ? 0 : tail.split(':').length);
  const all =
    tail === undefined
      ? groups
      : [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...tail.split(':')];
  return `${all.slice(0, 4).join(':')}::/64`;
}
