import type { ErrorCode } from '../errors.ts';
import type { RequestParser } from '../access/request-parser.ts';
import { Turns } from '../runtime/turns.ts';
import { AutoscalerBook } from './autoscaler-book.ts';
import { QueryMinutes, keptMinutes } from './query-minutes.ts';
import { Reads, type ReadName } from './reads.ts';
import { SeriesBook, type BookContext } from './series-book.ts';
import type { SeriesRecord } from './series-record.ts';
import type {
  AutoscalerStatus,
  LogstoreStatus,
  ProjectStatus,
  ReadingChange,
  SeriesStatus,
  StatusHead,
} from './status-document.ts';
import { autoscalerStatus, readingChange, refusedStatus, seriesStatus } from './status-rows.ts';

export interface BoardContext extends BookContext {
  /** Of the adapter. */
  readonly version: string;
  readonly parseRequest: RequestParser;
}

/** What is looked up only when somebody looks. */
export interface BoardSources {
  readonly projects: () => readonly ProjectStatus[];
  readonly logstores: () => readonly LogstoreStatus[];
}

/** What changed since the last look, a few rows at a time. */
export type StatusChange =
  | { readonly kind: 'rows'; readonly rows: readonly SeriesStatus[] }
  | { readonly kind: 'readings'; readonly readings: readonly ReadingChange[] }
  | { readonly kind: 'autoscalers'; readonly autoscalers: readonly AutoscalerStatus[] }
  | { readonly kind: 'gone'; readonly ids: readonly number[] };

/** So many refusals are told one by one; `counts` has them all. */
const shownRefusals = 200;

/** So many rows are told at a time. */
const slice = 500;

/** All that the status page shows: told by observers as it happens, put together when somebody looks. */
export class StatusBoard {
  readonly series: SeriesBook;
  readonly autoscalers: AutoscalerBook;
  readonly #context: BoardContext;
  readonly #reads: Reads;
  readonly #minutes = new QueryMinutes();
  readonly #startedAtMs: number;

  constructor(context: BoardContext) {
    this.#context = context;
    this.#startedAtMs = context.clock.now();
    this.series = new SeriesBook(context);
    this.autoscalers = new AutoscalerBook(this.series, context.parseRequest);
    this.#reads = new Reads(this.series, context.parseRequest);
  }

  slsQueryFinished({ outcome }: { readonly outcome: 'ok' | ErrorCode }): void {
    this.#minutes.query(outcome, this.#context.clock.now());
  }

  readFinished(read: ReadName): void {
    const nowMs = this.#context.clock.now();
    this.#minutes.read(nowMs);
    this.#reads.finished(read, nowMs);
  }

  /** Begins or ends to keep what `changes` tells. */
  watch(watched: boolean): void {
    this.series.watch(watched);
    this.autoscalers.watch(watched);
  }

  /** @param minutes how many of the last */
  head({ projects, logstores }: BoardSources, minutes = keptMinutes): StatusHead {
    const { clock, version } = this.#context;
    const nowMs = clock.now();
    this.#reads.look(nowMs);
    const states = this.series.look();
    const refused = refusedStatus(this.autoscalers.all(), this.#reads.refused());
    return {
      version,
      startedAtMs: this.#startedAtMs,
      nowMs,
      counts: { series: this.series.size, refused: refused.length, ...states },
      projects: projects(),
      logstores: logstores(),
      refused: refused.slice(0, shownRefusals),
      minutes: this.#minutes.last(minutes, nowMs),
    };
  }

  /** All series, each as it is when its row is made. */
  async *allSeries(): AsyncGenerator<SeriesStatus[], void, undefined> {
    yield* slices(this.series.records(), (record) => this.#statusOf(record));
  }

  async *allAutoscalers(): AsyncGenerator<AutoscalerStatus[], void, undefined> {
    yield* slices(this.autoscalers.all(), autoscalerStatus);
  }

  /** Once for all who watch. */
  async *changes(): AsyncGenerator<StatusChange, void, undefined> {
    const { rows, readings, gone } = this.series.takeChanges();
    const autoscalers = this.autoscalers.takeChanges();
    if (gone.length > 0) yield { kind: 'gone', ids: gone };
    for await (const some of slices(rows, (record) => this.#statusOf(record)))
      yield { kind: 'rows', rows: some };
    for await (const some of slices(readings, readingChange)) yield { kind: 'readings', readings: some };
    for await (const some of slices(autoscalers, autoscalerStatus))
      yield { kind: 'autoscalers', autoscalers: some };
  }

  readonly #statusOf = (record: SeriesRecord) => seriesStatus(record, this.series.historyOf(record));
}

async function* slices<From, To>(
  all: Iterable<From>,
  make: (one: From) => To,
): AsyncGenerator<To[], void, undefined> {
  const turns = new Turns();
  let some: To[] = [];
  for (const one of all) {
    some.push(make(one));
    if (turns.isOver()) await turns.next();
    if (some.length < slice) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}
