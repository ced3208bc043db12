import { LRUCache } from 'lru-cache';
import { AdapterError } from '../../errors.ts';
import type { AggregateQuery, AggregateResult, AggregatesByRoute } from '../../sls/aggregate-source.ts';
import { routeColumnOf } from '../../metric/log-kind.ts';
import { countedKey } from '../../metric/series.ts';
import { windowSeconds, type Window } from '../../metric/sample.ts';
import type { CountedLogstore, LineCounts, SecondCountQuery, SecondCounts } from '../../sls/second-counts.ts';
import { untilCanceled } from '../../sls/transport.ts';
import type { Heartbeat } from '../heartbeat/heartbeat.ts';
import type { LogstoreName } from '../pace/read-beats.ts';
import { CountedLines, countsAreNewSeconds } from './counted-lines.ts';
import { leastGapSeconds, type Silence } from './silence-rule.ts';
import { silentError } from './silent-error.ts';

/** The settings of one project. */
interface SilenceSettings {
  readonly silence: {
    /** How long a logstore must be silent until 0 is believed; 0: at once. */
    readonly holdSeconds: number;
  };
  readonly deadlineMs: number;
  readonly maxNamedRoutes: number;
}

interface SilenceWatchContext {
  /** Each of the two sends one SLS request. */
  readonly query: (query: AggregateQuery, signal: AbortSignal) => Promise<AggregateResult>;
  readonly countSeconds: (query: SecondCountQuery, signal: AbortSignal) => Promise<LineCounts>;
  readonly heartbeat?: Pick<Heartbeat, 'want' | 'find' | 'answeredIn'> | undefined;
  readonly settingsOf: (project: string) => SilenceSettings;
  /** Returns undefined if nothing was learned. */
  readonly learnedDelayOf: (logstore: CountedLogstore) => number | undefined;
  readonly clock: { now(): number };
  readonly monotonicMs: () => number;
  /** Forgets the numbers of a logstore that were planned after a Unix second: lines of theirs may be missing. */
  readonly forgetAfter?: (logstore: LogstoreName, seconds: number) => void;
  readonly observer: SilenceObserver;
}

type SilenceEvent = LogstoreName & {
  /** When the last line before the silence was logged, ISO 8601. */
  readonly since: string;
  /** Whether answered heartbeats that were not logged show it, whatever the rate was. */
  readonly byHeartbeat?: true | undefined;
};

export interface SilenceObserver {
  /** Readings of the logstore fail from now on. */
  silenceBegan(
    event: SilenceEvent & { readonly linesAMinuteBefore: number; readonly holdSeconds: number },
  ): void;
  /** The silence has lasted so long that readings are 0 from now on. */
  silenceBelieved(
    event: SilenceEvent & { readonly linesAMinuteBefore: number; readonly holdSeconds: number },
  ): void;
  /** Lines come again. */
  silenceEnded(event: SilenceEvent): void;
}

/** What is known of one logstore. */
interface WatchedLogstore {
  readonly address: CountedLogstore;
  /** Unix second of the newest line that any query has seen; -Infinity: none. */
  newestSeconds: number;
  /** When a query last showed whether there are lines. Monotonic ms. */
  seenAtMs: number;
  /** The silence that lasts, also once 0 is believed. */
  silence: Silence | undefined;
  /** When all lines that were held up will have come, once the first is seen. Monotonic ms; undefined: none was. */
  allBackAtMs: number | undefined;
  /** When a count found no line at all, as far back as it matters. Unix seconds. */
  emptyAsOfSeconds: number;
  counted: CountedLines | undefined;
}

/** What the gauges and the status page show of a logstore. */
export type LogstoreState = Readonly<Pick<WatchedLogstore, 'address' | 'newestSeconds' | 'silence'>>;

/** The collector ships lines every 3 s, and SLS indexes them within 3 s. */
const usualArrivalSeconds = 6;
/** A count that was in flight may be too old, and a line may arrive late. */
const mostCounts = 4;
/** With more, the least recently used is forgotten, and SLS is asked for its lines again when it matters. */
const maxLogstores = 1000;
/** How long every route is counted where the routes that are read are too quiet. */
const everyRouteMs = 10 * 60_000;
/** A logstore that was not asked for this long is shown no more. */
const shownMs = 120_000;

/**
 * Refuses the result of a query whose logstore stopped at once: nothing counted there is a 0 of traffic, but most likely a
 * collector or an ingress controller that is down. Results prove by their newest line that the logstore lives; only where
 * that line is old are the lines of the whole logstore counted. docs/decisions/silence.md
 */
export class SilenceWatch {
  readonly #context: SilenceWatchContext;
  /** @bound {maxLogstores} logstores | a count a second each | `reading.perNamespace.maxLogstores` | a constant */
  readonly #logstores = new LRUCache<string, WatchedLogstore>({ max: maxLogstores });
  /**
   * Counts in flight, by logstore.
   *
   * @bound one for each query in flight | - | as the queries | `sls.maxConcurrentQueries`
   */
  readonly #counting = new Map<string, Promise<void>>();

  /**
   * Logstores with lines enough, but not of the routes that are read.
   *
   * @bound {maxLogstores} logstores | a count a second each | `reading.perNamespace.maxLogstores` | a constant
   */
  readonly #quietRoutes = new LRUCache<string, true>({
    max: maxLogstores,
    ttl: everyRouteMs,
    ttlResolution: 0,
  });

  constructor(context: SilenceWatchContext) {
    this.#context = context;
  }

  /**
   * Sends a query.
   *
   * @throws AdapterError `LogstoreSilent`, or one with the codes of SLS, also if the lines of the logstore cannot be counted
   */
  readonly query = async (query: AggregateQuery, signal: AbortSignal): Promise<AggregatesByRoute> => {
    this.#context.heartbeat?.want(query);
    const { byRoute, newestSeconds } = await this.#context.query(query, signal);
    const logstore = this.#logstoreOf({
      ...query,
      routeColumn: routeColumnOf(query.logKind, query.routes !== undefined),
    });
    this.#see(logstore, newestSeconds);
    const mayBeRefused = this.#holdSecondsOf(query) > 0 || this.#answeredIn(query).length > 0;
    if (mayBeRefused && !this.#isCertainlyAlive(logstore, query))
      await this.#refuseSilence(logstore, query, signal);
    return byRoute;
  };

  /**
   * Returns the settings of the queries of a logstore. Routes with few requests do not prove that the logstore lives, so
   * every route is counted then: that is no query more.
   */
  readonly limitsOf = ({ project, logstore }: LogstoreName): SilenceSettings => {
    const settings = this.#context.settingsOf(project);
    return this.#quietRoutes.has(`${project}/${logstore}`) ? { ...settings, maxNamedRoutes: 0 } : settings;
  };

  /** Counts lines by second for another purpose, and keeps the counts. The window must end now. */
  readonly countSeconds = async (query: SecondCountQuery, signal: AbortSignal): Promise<SecondCounts> => {
    const counts = await this.#context.countSeconds(query, signal);
    this.#keep(this.#logstoreOf(query), query.window, counts);
    return counts.lines;
  };

  /** Returns the logstores that were asked lately. */
  logstores(): LogstoreState[] {
    const nowMs = this.#context.monotonicMs();
    return [...this.#logstores.values()].filter(({ seenAtMs }) => nowMs - seenAtMs < shownMs);
  }

  #logstoreOf({ endpoint, project, logstore, routeColumn }: CountedLogstore): WatchedLogstore {
    const address = { endpoint, project, logstore, routeColumn };
    const key = countedKey(address);
    const known = this.#logstores.get(key) ?? {
      address,
      newestSeconds: -Infinity,
      seenAtMs: -Infinity,
      silence: undefined,
      allBackAtMs: undefined,
      emptyAsOfSeconds: -Infinity,
      counted: undefined,
    };
    this.#logstores.set(key, known);
    return known;
  }

  #see(logstore: WatchedLogstore, newestSeconds = -Infinity): void {
    const { clock, monotonicMs } = this.#context;
    logstore.seenAtMs = monotonicMs();
    // A newest line in the future is from before the clock was set back.
    if (newestSeconds > logstore.newestSeconds || logstore.newestSeconds > clock.now() / 1000)
      logstore.newestSeconds = newestSeconds;
    if (logstore.silence?.isHeld === true && logstore.newestSeconds > logstore.silence.lastSeconds)
      logstore.allBackAtMs ??= logstore.seenAtMs + this.#arrivalSeconds(logstore.address) * 1000;
  }

  #answeredIn = (logstore: LogstoreName) => this.#context.heartbeat?.answeredIn(logstore) ?? [];

  #keep(logstore: WatchedLogstore, window: Window, counts: LineCounts): void {
    this.#context.heartbeat?.find(logstore.address, window, counts);
    const holdSeconds = this.#holdSecondsOf(logstore.address);
    const nowSeconds = this.#context.clock.now() / 1000;
    this.#see(logstore, Math.max(-Infinity, ...counts.lines.keys()));
    if (counts.lines.size === 0 && logstore.counted === undefined && windowSeconds(window) > holdSeconds)
      logstore.emptyAsOfSeconds = window.endSeconds;
    else (logstore.counted ??= new CountedLines()).add(window, counts, holdSeconds, nowSeconds);
  }

  /** Whether nothing needs to be counted, nor counts to be looked at: most queries end here. */
  #isCertainlyAlive(logstore: WatchedLogstore, query: AggregateQuery) {
    const { newestSeconds, counted, emptyAsOfSeconds } = logstore;
    if (counted !== undefined) return false;
    const emptyForSeconds = this.#context.clock.now() / 1000 - emptyAsOfSeconds;
    if (emptyForSeconds >= 0 && emptyForSeconds <= countsAreNewSeconds) return true;
    return this.#arrivedPart(logstore, query).endSeconds - 1 - newestSeconds < leastGapSeconds;
  }

  async #refuseSilence(logstore: WatchedLogstore, query: AggregateQuery, signal: AbortSignal): Promise<void> {
    const { clock, monotonicMs } = this.#context;
    const { silence: before, allBackAtMs = -Infinity } = logstore;
    // Lines that were held up come within the usual time, those of one collector before those of another.
    const isComing = before?.isHeld === true && monotonicMs() < allBackAtMs;
    if (isComing && query.window.endSeconds > before.lastSeconds + 1)
      throw silentError(logstore.address, before);
    const holdSeconds = this.#holdSecondsOf(query);
    const planned = {
      ...query,
      window: this.#arrivedPart(logstore, query),
      answeredSeconds: this.#answeredIn(query),
    };
    for (let counts = 0; counts < mostCounts; counts++) {
      const { newestSeconds, silence, counted } = logstore;
      const verdict = counted?.judge(planned, newestSeconds, silence, holdSeconds, clock.now() / 1000);
      if (verdict !== undefined && verdict !== 'unknown') {
        this.#report(logstore, verdict, holdSeconds);
        if (verdict !== 'alive' && verdict.isHeld) throw silentError(logstore.address, verdict);
        const hasLines = planned.window.endSeconds - 1 - newestSeconds < leastGapSeconds;
        if (counts > 0 && hasLines && query.routes !== undefined)
          this.#quietRoutes.set(`${query.project}/${query.logstore}`, true);
        return;
      }
      await untilCanceled(this.#count(logstore, query), signal);
      if (this.#isCertainlyAlive(logstore, query)) return;
    }
    throw new AdapterError('ClockSkewed', 'the clock was set back while lines were counted');
  }

  #holdSecondsOf({ project }: Pick<LogstoreName, 'project'>): number {
    return this.#context.settingsOf(project).silence.holdSeconds;
  }

  /** Returns the window of a query up to where its lines have arrived: a fixed delay may be too short for that. */
  #arrivedPart({ address }: WatchedLogstore, { window, plannedAtSeconds }: AggregateQuery): Window {
    const { startSeconds, endSeconds } = window;
    const arrivedSeconds = plannedAtSeconds - this.#arrivalSeconds(address);
    return { startSeconds, endSeconds: Math.min(endSeconds, arrivedSeconds) };
  }

  /** Returns how long after its second a line can be read at the latest, as far as is known. */
  #arrivalSeconds(logstore: CountedLogstore): number {
    return this.#context.learnedDelayOf(logstore) ?? usualArrivalSeconds;
  }

  /** Counts the lines of the whole logstore, in one query for all that wait for it. */
  #count(logstore: WatchedLogstore, query: AggregateQuery): Promise<void> {
    const key = countedKey(logstore.address);
    const counting =
      this.#counting.get(key) ?? this.#sendCount(logstore, query).finally(() => this.#counting.delete(key));
    this.#counting.set(key, counting);
    return counting;
  }

  async #sendCount(
    logstore: WatchedLogstore,
    { plannedAtSeconds, namespaces = new Set() }: AggregateQuery,
  ): Promise<void> {
    const { clock, settingsOf, countSeconds } = this.#context;
    const { address, counted = new CountedLines() } = logstore;
    // The clock may have been set back since.
    const nowSeconds = Math.max(plannedAtSeconds, Math.floor(clock.now() / 1000));
    const window = counted.windowToCount(nowSeconds, this.#holdSecondsOf(address));
    const query = { ...address, window, plannedAtSeconds: nowSeconds, namespaces };
    const deadline = AbortSignal.timeout(Math.ceil(settingsOf(address.project).deadlineMs));
    this.#keep(logstore, window, await countSeconds(query, deadline));
  }

  /** Reports changes only. */
  #report(logstore: WatchedLogstore, verdict: Silence | 'alive', holdSeconds: number): void {
    const { observer, forgetAfter } = this.#context;
    const lasting = verdict !== 'alive' && verdict.nextSeconds === undefined ? verdict : undefined;
    const before = logstore.silence;
    const hasNewer = before !== undefined && logstore.newestSeconds > before.lastSeconds;
    // A line that arrives late does not end a silence.
    const isOver = hasNewer && !(before.isHeld && lasting !== undefined);
    if (isOver) observer.silenceEnded(eventOf(logstore, before));
    logstore.silence = lasting ?? (isOver ? undefined : before);
    if (lasting !== undefined || isOver) logstore.allBackAtMs = undefined;
    if (lasting === undefined) return;
    const { isHeld, linesAMinuteBefore } = lasting;
    if (!isOver && before?.isHeld === isHeld) return;
    const event = { ...eventOf(logstore, lasting), linesAMinuteBefore, holdSeconds };
    if (isHeld) {
      forgetAfter?.(logstore.address, lasting.lastSeconds);
      observer.silenceBegan(event);
    } else observer.silenceBelieved(event);
  }
}

const eventOf = (
  { address: { project, logstore } }: WatchedLogstore,
  { lastSeconds, byHeartbeat }: Silence,
): SilenceEvent => ({
  project,
  logstore,
  byHeartbeat,
  since: new Date(lastSeconds * 1000).toISOString(),
});
