import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { AdapterError } from '../../errors.ts';
import { ExternalMemory } from '../../runtime/external-memory.ts';
import { Shares, clientOf } from '../../runtime/shares.ts';
import type { Connection, Connections } from './connections.ts';
import { refuse } from './tls-server.ts';

/** A place holds a request and this many bytes of its headers and its answer. Longer ones take more places. */
const bytesOfPlace = 16 * 1024;

/** After so many bytes of headers memory is checked. Trailers are not counted, so it is checked once a second as well. */
const checkedBytes = 8 * 1024 * 1024;

/** Answers of this length and more must be announced by `hold`. */
export const longAnswerBytes = bytesOfPlace;

/** How many answers that need no place may be unread by their clients. */
const maxUnreadAnswers = 256;

/** How long a client may take to read an answer. */
const patienceSeconds = 10;

/** A request, from its headers to the end of its response. */
interface Visit {
  readonly response: ServerResponse;
  readonly connection: Connection;
  places: number;
  /** Undefined while it needs no place: it is answered at once. */
  shares: Shares | undefined;
  holder: string;
  seconds: number;
  unreadSeconds: number;
}

type VisitingResponse = ServerResponse & { visit?: Visit | undefined };

export interface AdmissionSettings {
  /** How many requests of one client are answered at a time: of one user, or of one address before a user is known. */
  readonly maxRequests: number;
  /** After this time a request is given up. Default: 60 s, after which kube-apiserver gives up its own. */
  readonly requestSeconds?: number;
}

/**
 * Decides which requests are answered now. Each request takes a place before it waits for anything: that of its address
 * until its user is known, then one of the user. The two kinds of places are apart, so that strangers take none of the
 * users'. Requests that are answered at once (probes, refusals) need no place and are never refused.
 *
 * A place is given back when the response ends in any way, or when the client does not read it. Everything here runs for
 * each request, so it makes no promise and one small object.
 */
export class Admission {
  readonly #connections: Connections;
  readonly #byPeer: Connections['byPeer'];
  readonly #requestSeconds: number;
  readonly #users: Shares;
  readonly #strangers: Shares;
  /** Of system:masters, who are never refused. */
  readonly #masters = new Shares(Infinity);
  /**
   * The oldest first. Not a Map: V8 links the tables that a Map outgrows, so that entries which change with each request
   * reach the old generation, and their requests with them.
   *
   * @bound 2.5 × `server.maxRequestsInFlight` places of users, as many of strangers, {maxUnreadAnswers} without a place | {bytesOfPlace} of headers and answer a place | a user, or an address, takes at most as many as are free | `server.maxRequestsInFlight`
   */
  readonly #open: Visit[] = [];
  readonly #memory = new ExternalMemory();
  /** Since the last check. */
  #headerBytes = 0;
  #withoutPlace = 0;

  constructor(connections: Connections, { maxRequests, requestSeconds = 60 }: AdmissionSettings) {
    this.#connections = connections;
    this.#byPeer = connections.byPeer;
    this.#requestSeconds = requestSeconds;
    this.#users = new Shares(maxRequests);
    this.#strangers = new Shares(maxRequests);
  }

  /** Returns a listener that must be the first to see each request. */
  before(listener: RequestListener): RequestListener {
    return (request, response) => {
      const error = this.#arrive(request, response);
      if (error === undefined) listener(request, response);
      else refuse(response, error);
    };
  }

  /** Returns why the request is refused at once. */
  #arrive(request: IncomingMessage, response: ServerResponse): AdapterError | undefined {
    const { rawHeaders, url = '', httpVersion } = request;
    let bytes = url.length;
    let hosts = 0;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] ?? '';
      bytes += name.length + (rawHeaders[index + 1] ?? '').length;
      if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
    }
    this.#headerBytes += bytes;
    if (this.#headerBytes >= checkedBytes) this.#checkHeaders();
    this.#register(request, response, 1 + Math.floor(bytes / bytesOfPlace));
    // Source: RFC 9112, 3.2.
    if (hosts > 1) return new AdapterError('RequestMalformed', 'the request has several Host headers');
    if (hosts === 0 && httpVersion === '1.1')
      return new AdapterError('RequestMalformed', 'the request has no Host header');
    // Node gives the bytes of a path as latin1, so another namespace or metric would be read. Source: RFC 3986, 2.
    if (/[^\x21-\x7e]/.test(url))
      return new AdapterError('RequestMalformed', 'the URL has bytes that must be percent-encoded');
    return undefined;
  }

  #checkHeaders(): void {
    this.#headerBytes = 0;
    this.#memory.check();
  }

  /**
   * Takes a place for a request without a known user.
   *
   * @throws AdapterError `TooManyRequests`
   */
  admitStranger(response: ServerResponse): void {
    const visit = visitOf(response);
    if (visit !== undefined) this.#admit(visit, this.#strangers, visit.connection.address);
  }

  /**
   * Takes a place of the user, and gives back that of the address.
   *
   * @throws AdapterError `TooManyRequests`
   */
  admitUser(response: ServerResponse, user: string, isMaster: boolean): void {
    const visit = visitOf(response);
    if (visit === undefined) return;
    const holder = clientOf(user);
    if (!visit.connection.isAuthenticated)
      this.#connections.authenticated(visit.connection, `user ${holder}`);
    this.#admit(visit, isMaster ? this.#masters : this.#users, holder);
  }

  /**
   * Gives the places of a request back, and takes places of another kind for the rest of its time: one, and further ones for
   * its headers and for what it holds.
   *
   * @throws AdapterError `TooManyRequests`
   */
  moveTo(shares: Shares, response: ServerResponse, morePlaces: number): void {
    const visit = visitOf(response);
    if (visit?.shares === undefined) return;
    const places = visit.places + morePlaces;
    if (!shares.take(visit.holder, places)) throw tooMany(visit.holder);
    visit.shares.give(visit.holder, visit.places);
    visit.shares = shares;
    visit.places = places;
  }

  /**
   * Takes more places for a long answer, until the client has read it.
   *
   * @throws AdapterError `TooManyRequests`
   */
  hold(response: ServerResponse, bytes: number): void {
    const visit = visitOf(response);
    if (visit?.shares === undefined) return;
    const more = visit.shares.takeMore(visit.holder, visit.places, Math.floor(bytes / bytesOfPlace));
    if (more === undefined) throw tooMany(visit.holder);
    visit.places += more;
  }

  /** Runs once a second. Cuts off clients that do not read their answers. */
  sweep(): void {
    this.#checkHeaders();
    for (const visit of [...this.#open]) {
      const { response, connection } = visit;
      visit.seconds += 1;
      visit.unreadSeconds += response.writableEnded ? 1 : 0;
      // Each end emits `close`. This finds a response for which Node forgot it.
      if (connection.socket.destroyed || streamOf(response)?.destroyed === true) this.#end(visit);
      else if (visit.unreadSeconds > patienceSeconds || visit.seconds > this.#requestSeconds) cutOff(visit);
    }
    this.#connections.sweep();
  }

  /** How many places are taken, and how many requests have no complete response. */
  get counts(): { readonly places: number; readonly requests: number } {
    const places = this.#users.taken + this.#strangers.taken + this.#masters.taken;
    return { places, requests: this.#open.length };
  }

  #register(request: IncomingMessage, response: ServerResponse, places: number): void {
    const stream = streamOf(response);
    const connection = this.#byPeer.get(stream?.session ?? request.socket);
    // The client may have gone. Then `close` has been emitted.
    if (connection === undefined || stream?.destroyed === true || response.destroyed) return;
    const visit: Visit = {
      response,
      connection,
      places,
      shares: undefined,
      holder: '',
      seconds: 0,
      unreadSeconds: 0,
    };
    (response as VisitingResponse).visit = visit;
    this.#open.push(visit);
    connection.openRequests += 1;
    connection.secondsIdle = 0;
    response.on('close', () => this.#end(visit));
    this.#withoutPlace += 1;
    if (this.#withoutPlace > maxUnreadAnswers) this.#cutOffOldest();
    if (stream === undefined && hasBody(request)) response.shouldKeepAlive = false;
  }

  #admit(visit: Visit, shares: Shares, holder: string): void {
    if (!shares.take(holder, visit.places)) throw tooMany(holder);
    if (visit.shares === undefined) this.#withoutPlace -= 1;
    else visit.shares.give(visit.holder, visit.places);
    visit.shares = shares;
    visit.holder = holder;
  }

  #end(visit: Visit): void {
    const at = this.#open.indexOf(visit);
    if (at < 0) return;
    this.#open.splice(at, 1);
    (visit.response as VisitingResponse).visit = undefined;
    visit.connection.openRequests -= 1;
    if (visit.shares === undefined) this.#withoutPlace -= 1;
    else visit.shares.give(visit.holder, visit.places);
  }

  /** Among the answers without a place. They were written at once, so the oldest one is unread for the longest time. */
  #cutOffOldest(): void {
    const oldest = this.#open.find(({ shares }) => shares === undefined);
    if (oldest === undefined) return;
    this.#end(oldest);
    cutOff(oldest);
  }
}

/** Ends one HTTP/2 stream of an authenticated connection, because other users share it. Else ends the connection. */
function cutOff({ response, connection }: Visit): void {
  const stream = streamOf(response);
  if (stream === undefined || !connection.isAuthenticated) connection.socket.destroy();
  else stream.destroy();
}

const visitOf = (response: ServerResponse): Visit | undefined => (response as VisitingResponse).visit;

/** HTTP/2 only. */
const streamOf = (response: ServerResponse): ServerHttp2Stream | undefined =>
  (response as { readonly stream?: ServerHttp2Stream }).stream;

/** Bodies are never read. The connection ends with the answer, so that a body without an end cannot follow it. */
const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

const tooMany = (holder: string) =>
  new AdapterError('TooManyRequests', `"${holder}" already has its share of the requests in flight`);
