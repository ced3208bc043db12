import type { RequestParser } from '../access/access-check.ts';
import type { ReadName } from '../api/read/external-metrics.ts';
import type { ErrorCode } from '../errors.ts';
import { Turns } from '../runtime/turns.ts';
import { AutoscalerTracker } from './autoscaler-tracker.ts';
import { QueryMinutes, keptMinutes } from './query-minutes.ts';
import { ReadTracker } from './read-tracker.ts';
import { SeriesTracker, type SeriesTrackerContext } from './series-tracker.ts';
import type {
  AutoscalerStatus,
  ForecastStatus,
  LogstoreStatus,
  ProjectStatus,
  ReadingChange,
  SeriesStatus,
  StatusHead,
} from './status-document.ts';
import { autoscalerStatus, readingChange, refusedStatus, seriesStatus } from './status-rows.ts';

interface StatusContext extends SeriesTrackerContext {
  /** Of the adapter. */
  readonly version: string;
  readonly parseRequest: RequestParser;
}

/** State that is read only when the status is shown. */
export interface StatusSources {
  readonly projects: () => readonly ProjectStatus[];
  readonly logstores: () => readonly LogstoreStatus[];
  /** How the first forecasts are made, and how good they are. */
  readonly forecasts?: () => readonly ForecastStatus[];
}

/** Changes since the last call of `changes`, some rows at a time. */
export type StatusChange =
  | { readonly kind: 'rows'; readonly data: readonly SeriesStatus[] }
  | { readonly kind: 'readings'; readonly data: readonly ReadingChange[] }
  | { readonly kind: 'autoscalers'; readonly data: readonly AutoscalerStatus[] }
  | { readonly kind: 'gone'; readonly data: readonly number[] };

/** How many refusals are listed; `counts` has their total. */
const maxListedRefusals = 200;

const betweenUpdatesMs = 60_000;

/** Everything that the status page shows: collected from events, and put together when the page asks. */
export class StatusTracker {
  readonly series: SeriesTracker;
  readonly autoscalers: AutoscalerTracker;
  readonly #context: StatusContext;
  readonly #reads: ReadTracker;
  readonly #minutes = new QueryMinutes();
  readonly #startedAtMs: number;
  #updatedMs = -Infinity;

  constructor(context: StatusContext) {
    this.#context = context;
    this.#startedAtMs = context.clock.now();
    this.series = new SeriesTracker(context);
    this.autoscalers = new AutoscalerTracker(this.series, context.parseRequest);
    this.#reads = new ReadTracker(this.series, context.parseRequest);
  }

  slsQueryFinished({ outcome }: { readonly outcome: 'ok' | ErrorCode }): void {
    this.#minutes.query(outcome, this.#context.clock.now());
  }

  batchSent({ reason }: { readonly reason: 'due' | 'read' }): void {
    this.#minutes.batch(reason, this.#context.clock.now());
  }

  /** `ageMs`: from the end of the reading's window; undefined if the read failed. */
  readFinished({ read, ageMs }: { readonly read: ReadName; readonly ageMs?: number | undefined }): void {
    const { clock, monotonicMs } = this.#context;
    const nowMs = monotonicMs();
    this.#minutes.read(ageMs, clock.now());
    // The page may never be asked for.
    if (nowMs - this.#updatedMs > betweenUpdatesMs) this.#update();
    this.#reads.finished(read, nowMs);
  }

  /** Starts or stops recording what `changes` yields. */
  recordChanges(enabled: boolean): void {
    this.series.recordChanges(enabled);
    this.autoscalers.recordChanges(enabled);
  }

  /** @param minutes how many of the last minutes to include */
  head({ projects, logstores }: StatusSources, minutes = keptMinutes): StatusHead {
    const { clock, version } = this.#context;
    const nowMs = clock.now();
    const states = this.#update();
    const refused = refusedStatus(this.autoscalers.all(), this.#reads.refused());
    return {
      version,
      startedAtMs: this.#startedAtMs,
      nowMs,
      counts: { series: this.series.size, refused: refused.length, ...states },
      projects: projects(),
      logstores: logstores(),
      refused: refused.slice(0, maxListedRefusals),
      minutes: this.#minutes.last(minutes, nowMs),
    };
  }

  /** Forgets what is not read any more. */
  #update() {
    this.#updatedMs = this.#context.monotonicMs();
    this.#reads.update(this.#updatedMs);
    return this.series.update(this.autoscalers.namedSeries());
  }

  allSeries(): AsyncGenerator<SeriesStatus[], void, undefined> {
    return inChunks(this.series.all(), seriesStatus);
  }

  allAutoscalers(): AsyncGenerator<AutoscalerStatus[], void, undefined> {
    return inChunks(this.autoscalers.all(), autoscalerStatus);
  }

  /** Takes the recorded changes; the next call yields only later ones. */
  async *changes(): AsyncGenerator<StatusChange, void, undefined> {
    const { rows, readings, droppedIds } = this.series.takeChanges();
    const autoscalers = this.autoscalers.takeChanges();
    if (droppedIds.length > 0) yield { kind: 'gone', data: droppedIds };
    for await (const chunk of inChunks(rows, seriesStatus)) yield { kind: 'rows', data: chunk };
    for await (const chunk of inChunks(readings, readingChange)) yield { kind: 'readings', data: chunk };
    for await (const chunk of inChunks(autoscalers, autoscalerStatus))
      yield { kind: 'autoscalers', data: chunk };
  }
}

/**
 * Requests have their turn in between. Items are converted and yielded in one turn: what is sent in between is newer
 * than the rows before it and older than those after it.
 */
async function* inChunks<From, To>(
  items: Iterable<From>,
  convert: (item: From) => To,
): AsyncGenerator<To[], void, undefined> {
  const turns = new Turns();
  let chunk: To[] = [];
  for (const item of items) {
    chunk.push(convert(item));
    if (!turns.isOver()) continue;
    yield chunk;
    chunk = [];
    await turns.next();
  }
  if (chunk.length > 0) yield chunk;
}
