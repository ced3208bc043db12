import { LRUCache } from 'lru-cache';
import { AdapterError } from '../errors.ts';
import { namerOf, shareText } from '../runtime/shares.ts';
import { canceled } from './transport.ts';

/** The queries that a project may run at the same time. */
export interface Places {
  readonly most: number;
  running: number;
  waiting: number;
  /** @bound the running queries | - | - | `sls.maxConcurrentQueries` */
  readonly runningOf: Map<string, number>;
  /** Whether SLS has ever answered a query of the project. */
  hasAnswered: boolean;
}

interface QueuedQuery<T> {
  readonly places: Places;
  /** Those that the query serves; more may join while it waits. Empty: the adapter asks for itself. */
  readonly namespaces: ReadonlySet<string>;
  readonly bytes: number;
  /** Whether all others go first, of any namespace. */
  readonly isBackground?: boolean;
  readonly signal: AbortSignal;
  /** Returns why the query would be refused now. */
  readonly refusal: () => AdapterError | undefined;
  readonly send: () => Promise<T>;
}

export interface QueryQueueSettings {
  /** Of all projects together. Default: any number. */
  readonly queriesPerSecond?: number;
  readonly monotonicMs: () => number;
}

interface Waiting extends QueuedQuery<unknown> {
  /** Whose loads count it: those of its namespaces when it came, see `countedFor`. */
  readonly counted: readonly string[];
  /** Its namespaces, each with its namer. As many as there are now. */
  names: readonly NamedBy[];
  /** When it came, as the number of a turn: just before that of the namespace that was served last. */
  readonly sinceTurn: number;
  readonly start: (namespace: string) => void;
  readonly reject: (error: AdapterError) => void;
}

interface NamedBy {
  readonly namespace: string;
  readonly namer: string;
}

interface NextQuery {
  readonly query: Waiting;
  /** Whose turn it is. */
  readonly namespace: string;
}

/** Queries may be sent faster for this long, after a time with fewer. */
const burstSeconds = 5;
/** More would wait for longer than a read may take. */
const mostWaiting = 2000;
const mostWaitingOfNamespace = 400;
const mostBytes = 32 * 1024 * 1024;
const mostBytesOfNamespace = 4 * 1024 * 1024;
/** Whose names are looked up first, in one of four threads. A project that does not exist may keep its thread for seconds. */
const mostUnansweredOfNamespace = 2;
/** A namespace that is forgotten, or new, waits as if it had been served when its query came: else new names would always be next. */
const maxTurns = 1000;
const ownNamespace = '';
/** Whose place a running background query has. No namespace has this name. */
const background = ' background';

/**
 * Queries that wait for a place of their project, and for their share of the queries of a second. The namespace that was
 * served least recently is next. A namespace takes a further place only while more places are free than it holds, so that
 * slow queries of one never hold all of them. docs/decisions/shares-of-namespaces.md
 */
export class QueryQueue {
  readonly #perMs: number;
  readonly #most: number;
  readonly #monotonicMs: () => number;
  /**
   * Queries that wait for their turn.
   *
   * @bound {mostWaiting} queries | {mostBytes} of their text | {mostWaitingOfNamespace} and {mostBytesOfNamespace} of a namespace | constants
   */
  readonly #waiting = new Set<Waiting>();
  /** What waits for each namespace, and for all that a client of KEDA's port names. @bound as the waiting queries | - | - | constants */
  readonly #loads = new Map<string, Load>();
  #waitingBytes = 0;
  /**
   * Namespace → when it was served last, as the number of a turn.
   *
   * @bound {maxTurns} namespaces | 63 characters each | - | a constant
   */
  readonly #turns = new LRUCache<string, number>({ max: maxTurns });
  /**
   * Namespace → its running queries to projects that have not answered yet.
   *
   * @bound {mostUnansweredOfNamespace} queries of a namespace | - | its own | a constant
   */
  readonly #unanswered = new Map<string, number>();
  #turn = 0;
  /**
   * How many queries may be sent now.
   *
   * @bound `sls.maxQueriesPerSecond` for {burstSeconds} s | - | namespaces take turns | `sls.maxQueriesPerSecond`
   */
  #tokens: number;
  #filledAtMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor({ queriesPerSecond = Infinity, monotonicMs }: QueryQueueSettings) {
    this.#perMs = queriesPerSecond / 1000;
    this.#most = queriesPerSecond * burstSeconds;
    this.#tokens = this.#most;
    this.#monotonicMs = monotonicMs;
    this.#filledAtMs = monotonicMs();
  }

  /** @throws AdapterError `LimitExceeded` without room to wait; `Canceled`; that of `refusal`; those of `send` */
  run<T>(query: QueuedQuery<T>): Promise<T> {
    const { places, signal, send } = query;
    if (signal.aborted) return Promise.reject(canceled(signal));
    const full = this.#makeRoomFor(query);
    if (full !== undefined) return Promise.reject(full);
    const result = Promise.withResolvers<T>();
    const cancel = () => waiting.reject(canceled(signal));
    const leave = () => {
      signal.removeEventListener('abort', cancel);
      places.waiting -= 1;
      this.#waiting.delete(waiting);
      this.#load(waiting, -1);
    };
    const waiting: Waiting = {
      ...query,
      counted: [...new Set(namesOf(query.namespaces).flatMap(countedFor))],
      names: [],
      sinceTurn: this.#turn - 0.5,
      start: (namespace) => {
        leave();
        const release = this.#take(places, query.isBackground === true ? background : namespace);
        void send()
          .then(result.resolve, result.reject)
          .then(() => {
            release();
            this.#next();
          });
      },
      reject: (error) => {
        leave();
        result.reject(error);
      },
    };
    signal.addEventListener('abort', cancel);
    places.waiting += 1;
    this.#waiting.add(waiting);
    this.#load(waiting, 1);
    this.#next();
    return result.promise;
  }

  /** Starts queries as long as there is one that may start. */
  #next(): void {
    while (this.#waiting.size > 0 && this.#hasToken()) {
      const next = this.#choose();
      if (next === undefined) return;
      this.#tokens -= 1;
      this.#turn += 1;
      for (const one of countedFor(next.namespace)) this.#turns.set(one, this.#turn);
      next.query.start(next.namespace);
    }
  }

  /** Returns the query of the namespace that waits for its turn the longest. Rejects those that would be refused. */
  #choose(): NextQuery | undefined {
    const [queries, later]: [Waiting[], Waiting[]] = [[], []];
    for (const query of this.#waiting) {
      // Thousands may wait for a project without a free place.
      if (query.places.running >= query.places.most) continue;
      const refusal = query.refusal();
      if (refusal !== undefined) query.reject(refusal);
      else (query.isBackground === true ? later : queries).push(query);
    }
    const next = this.#leastServed(queries);
    if (next !== undefined || later.length === 0) return next;
    const busy = new Set(queries.map(({ places }) => places));
    return this.#leastServed(later.filter(({ places }) => !busy.has(places) && mayStartBackground(places)));
  }

  #leastServed(queries: readonly Waiting[]): NextQuery | undefined {
    let chosen: NextQuery | undefined;
    let [leastOfNamer, least] = [Infinity, Infinity];
    for (const query of queries) {
      if (query.names.length !== Math.max(1, query.namespaces.size))
        query.names = namesOf(query.namespaces).map((one) => ({ namespace: one, namer: namerOf(one) }));
      for (const { namespace, namer } of query.names) {
        const turn = this.#turns.peek(namespace) ?? query.sinceTurn;
        const turnOfNamer = namer === namespace ? turn : (this.#turns.peek(namer) ?? query.sinceTurn);
        if (turnOfNamer > leastOfNamer || (turnOfNamer === leastOfNamer && turn >= least)) continue;
        if (!this.#mayStart(query.places, namespace, namer)) continue;
        [leastOfNamer, least] = [turnOfNamer, turn];
        chosen = { query, namespace };
      }
    }
    return chosen;
  }

  #mayStart({ most, running, runningOf, hasAnswered }: Places, namespace: string, namer: string): boolean {
    const free = most - running;
    if (namespace === ownNamespace) return free > 0;
    if (!hasAnswered && (this.#unanswered.get(namer) ?? 0) >= mostUnansweredOfNamespace) return false;
    // The last place is not for a client that has others, whatever namespaces it names.
    return free > (runningOf.get(namespace) ?? 0) && (free > 1 || !runningOf.has(namer));
  }

  /** Returns what gives the place back. */
  #take(places: Places, namespace: string): () => void {
    const held = places.hasAnswered ? [places.runningOf] : [places.runningOf, this.#unanswered];
    const count = (change: 1 | -1) => {
      places.running += change;
      for (const running of held) for (const one of countedFor(namespace)) add(running, one, change);
    };
    count(1);
    return () => count(-1);
  }

  /** Returns why the query may not wait. If there is no room at all, the namespace that has the most of it gives some. */
  #makeRoomFor({ namespaces, bytes }: QueuedQuery<unknown>): AdapterError | undefined {
    const isFull = (namespace: string) => {
      const { count = 0, bytes: sum = 0 } = this.#loads.get(namespace) ?? {};
      return count >= mostWaitingOfNamespace || sum + bytes > mostBytesOfNamespace;
    };
    const own = namesOf(namespaces);
    if (own.every(isFull)) return tooManyWaiting(own);
    if (this.#waiting.size < mostWaiting && this.#waitingBytes + bytes <= mostBytes) return undefined;
    let [largest, most] = ['', 0];
    for (const [name, load] of this.#loads) if (shareOf(load) > most) [largest, most] = [name, shareOf(load)];
    const victim = [...this.#waiting].findLast(({ counted }) => counted.includes(largest));
    if (victim === undefined || own.flatMap(countedFor).includes(largest)) return tooManyWaiting(own);
    victim.reject(tooManyWaiting(namesOf(victim.namespaces)));
    return undefined;
  }

  #load({ counted, bytes }: Waiting, change: 1 | -1): void {
    this.#waitingBytes += change * bytes;
    for (const one of counted) {
      const { count = 0, bytes: sum = 0 } = this.#loads.get(one) ?? {};
      if (count + change === 0) this.#loads.delete(one);
      else this.#loads.set(one, { count: count + change, bytes: sum + change * bytes });
    }
  }

  /** Whether a query may be sent in this second. If not, `#next` is called when it may. */
  #hasToken(): boolean {
    if (this.#perMs === Infinity) return true;
    const nowMs = this.#monotonicMs();
    this.#tokens = Math.min(this.#most, this.#tokens + (nowMs - this.#filledAtMs) * this.#perMs);
    this.#filledAtMs = nowMs;
    if (this.#tokens >= 1) return true;
    if (this.#timer !== undefined) return false;
    const waitMs = Math.ceil((1 - this.#tokens) / this.#perMs);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#next();
    }, waitMs);
    return false;
  }
}

/** One at a time, and never in the last place, so that a reading need not wait for it. */
const mayStartBackground = ({ most, running, runningOf }: Places): boolean =>
  !runningOf.has(background) && (running === 0 || most - running > 1);

/** What waits for one namespace. */
interface Load {
  readonly count: number;
  readonly bytes: number;
}

const shareOf = ({ count, bytes }: Load): number => count / mostWaiting + bytes / mostBytes;

const namesOf = (namespaces: ReadonlySet<string>): readonly string[] =>
  namespaces.size === 0 ? [ownNamespace] : [...namespaces];

/** Returns the namespace, and the client of KEDA's port that names it. */
const countedFor = (namespace: string): readonly string[] => [...new Set([namespace, namerOf(namespace)])];

function add(counts: Map<string, number>, name: string, change: number): void {
  const count = (counts.get(name) ?? 0) + change;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
}

const tooManyWaiting = ([namespace = ownNamespace]: readonly string[]) =>
  new AdapterError(
    'LimitExceeded',
    `${namespace === ownNamespace ? 'the adapter' : shareText(namespace)} has too many queries that wait for SLS: at most ${mostWaitingOfNamespace} may, and sls.maxQueriesPerSecond are sent`,
  );
