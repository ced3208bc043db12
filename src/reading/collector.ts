import { toAdapterError, type AdapterError, type ErrorCode } from '../errors.ts';
import type { Outcome, Sample } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import { Turns } from '../runtime/turns.ts';
import type { AggregateQuery, AggregatesByRoute } from '../sls/aggregate-source.ts';
import { untilCanceled } from '../sls/until-canceled.ts';
import { AskedApart } from './asked-apart.ts';
import {
  addReadId,
  landedOutcome,
  newGroup,
  regroup,
  settle,
  type Asker,
  type Flight,
  type Group,
} from './flight.ts';
import { Lanes, type Lane } from './lanes.ts';
import { outcomeOf, planBatches, type Batch, type PlanContext } from './plan.ts';
import { withRetry, type RetrySettings } from './retry.ts';
import type { SeriesKeys } from './series-keys.ts';

export interface CollectorSettings extends Omit<RetrySettings, 'deadlineMs'> {
  /** How long misses of one logstore are gathered before they are planned together. */
  readonly gatherMs: number;
  /** The same while a query of that logstore is under way, unless it ends sooner. */
  readonly holdMs: number;
}

/** What a project's own settings bound. */
export interface CollectorLimits extends Pick<PlanContext, 'maxNamedRoutes'> {
  /** Of one query, all attempts and pauses together. */
  readonly deadlineMs: number;
}

/** One query that was planned. All samples of its batch share it. */
export interface BatchRun {
  /** Counts up from 1. */
  readonly id: number;
  /** What the age of its samples is counted from. */
  readonly plannedAtMs: number;
  /** How long before then its window ends: the completeness of its samples. */
  readonly delaySeconds: number;
}

/** Told of each series of each batch, before whoever waits for it. */
export interface OutcomeSink {
  put(series: Series, sample: Sample, run: BatchRun): void;
  fail(series: Series, error: AdapterError, plannedAtMs: number): void;
}

/** Told of every query that is planned; retries are no part. */
export interface CollectObserver {
  batchSent(event: {
    readonly project: string;
    readonly logstore: string;
    /** How many the one query answers. */
    readonly series: number;
  }): void;
}

export interface CollectorContext extends Pick<PlanContext, 'endpointOf' | 'delaySecondsOf'> {
  readonly keys: SeriesKeys;
  readonly clock: { now(): number };
  readonly limitsOf: (project: string) => CollectorLimits;
  /** One SLS request. */
  readonly query: (query: AggregateQuery, signal: AbortSignal) => Promise<AggregatesByRoute>;
  readonly sink: OutcomeSink;
  readonly observer: CollectObserver;
}

/** One query that goes out, and those who wait for it. */
interface Departure {
  readonly batch: Batch;
  readonly group: Group;
  readonly plannedAtMs: number;
  /** From now on, all attempts and pauses together. */
  readonly deadlineMs: number;
}

/**
 * The one way to SLS for readings: gathers, plans, sends, and answers all who asked for the same series once.
 *
 * A miss of a logstore that is not being asked goes out after a moment; while a query is under way, misses gather
 * until it ends or for a little longer, so that a thousand at once take a few queries whatever time they need to
 * arrive.
 */
export class Collector {
  readonly #settings: CollectorSettings;
  readonly #context: CollectorContext;
  readonly #flights = new Map<string, Flight>();
  readonly #lanes = new Lanes();
  readonly #apart: AskedApart;
  #runs = 0;

  constructor(settings: CollectorSettings, context: CollectorContext) {
    this.#settings = settings;
    this.#context = context;
    this.#apart = new AskedApart(context.clock);
  }

  /**
   * @param readId of the read that asks, for the log
   * @returns the outcomes, in the order of the series
   * @throws AdapterError `Canceled` once the signal is aborted
   */
  async collect(
    series: readonly Series[],
    maxRetries: number,
    signal: AbortSignal,
    readId?: string,
  ): Promise<Outcome[]> {
    if (series.length === 0) return [];
    const asker: Asker = { left: series.length, allLanded: Promise.withResolvers() };
    const flights = series.map((one) => this.#join(one, asker, maxRetries, readId));
    try {
      await untilCanceled(asker.allLanded.promise, signal);
      return flights.map(landedOutcome);
    } finally {
      for (const flight of flights) this.#leave(flight);
    }
  }

  #join(series: Series, asker: Asker, maxRetries: number, readId: string | undefined): Flight {
    const key = this.#context.keys.of(series);
    let flight = this.#flights.get(key);
    if (flight === undefined) {
      const group = this.#board(this.#lanes.of(series));
      flight = {
        key,
        series,
        askers: [asker],
        group,
        maxRetries,
        waiting: 0,
        readIds: [],
        outcome: undefined,
      };
      group.flights.push(flight);
      this.#flights.set(key, flight);
    } else flight.askers.push(asker);
    flight.maxRetries = Math.max(flight.maxRetries, maxRetries);
    flight.waiting += 1;
    flight.group.waiting += 1;
    if (readId !== undefined) {
      addReadId(flight, readId);
      addReadId(flight.group, readId);
    }
    return flight;
  }

  /** A group that nobody waits for is canceled, and out of the way of whoever asks next. */
  #leave(flight: Flight): void {
    const { group } = flight;
    flight.waiting -= 1;
    group.waiting -= 1;
    if (group.waiting > 0) return;
    group.controller.abort();
    for (const member of group.flights) this.#forget(member);
  }

  #board(lane: Lane): Group {
    if (lane.boarding === undefined) {
      lane.boarding = newGroup();
      const { gatherMs, holdMs } = this.#settings;
      lane.departure = setTimeout(() => this.#depart(lane), lane.underWay > 0 ? holdMs : gatherMs);
    }
    return lane.boarding;
  }

  #depart(lane: Lane): void {
    clearTimeout(lane.departure);
    const gathered = lane.boarding?.flights ?? [];
    lane.boarding = undefined;
    const bySeries = new Map<Series, Flight>();
    for (const flight of gathered) {
      if (flight.waiting > 0) bySeries.set(flight.series, flight);
      else this.#forget(flight);
    }
    const plannedAtMs = this.#context.clock.now();
    for (const batch of this.#plan(bySeries, plannedAtMs)) {
      const { deadlineMs } = this.#context.limitsOf(batch.query.project);
      lane.underWay += 1;
      const group = regroup(batch, bySeries);
      void this.#fly({ batch, group, plannedAtMs, deadlineMs }).then(() => this.#arrive(lane));
    }
    this.#lanes.closeIdle(lane);
  }

  /** Lands the flights that cannot be planned. */
  #plan(bySeries: ReadonlyMap<Series, Flight>, plannedAtMs: number): Batch[] {
    const [first] = bySeries.keys();
    if (first === undefined) return [];
    try {
      const { maxNamedRoutes } = this.#context.limitsOf(first.project);
      return planBatches([...bySeries.keys()], {
        ...this.#context,
        maxNamedRoutes,
        isApart: this.#apart.isApart,
        nowSeconds: plannedAtMs / 1000,
      });
    } catch (thrown) {
      const error = toAdapterError(thrown);
      for (const flight of bySeries.values()) this.#crash(flight, error, plannedAtMs);
      return [];
    }
  }

  #arrive(lane: Lane): void {
    lane.underWay -= 1;
    if (lane.boarding !== undefined) this.#depart(lane);
    else this.#lanes.closeIdle(lane);
  }

  /** @returns what the query failed by; undefined where it was answered */
  async #fly({ batch, group, plannedAtMs, deadlineMs }: Departure): Promise<ErrorCode | undefined> {
    const { query } = batch;
    const { flights, controller } = group;
    const { plannedAtSeconds, window } = query;
    const startMs = performance.now();
    const { project, logstore } = query;
    this.#context.observer.batchSent({ project, logstore, series: flights.length });
    this.#runs += 1;
    const run = { id: this.#runs, plannedAtMs, delaySeconds: plannedAtSeconds - window.endSeconds };
    const maxRetries = () => flights.reduce((most, flight) => Math.max(most, flight.maxRetries), 0);
    const send = (signal: AbortSignal) => this.#context.query({ ...query, readIds: group.readIds }, signal);
    try {
      const result = await withRetry(send, maxRetries, controller.signal, { ...this.#settings, deadlineMs });
      const outcomes = flights.map(({ series }) => outcomeOf(series, window, result));
      await this.#landAll(flights, outcomes, run);
      return undefined;
    } catch (thrown) {
      const error = toAdapterError(thrown);
      const leftMs = deadlineMs - (performance.now() - startMs);
      const departure = { batch, group, plannedAtMs, deadlineMs: leftMs };
      if (leftMs <= 0 || !(await this.#flyApart(departure, error.code)))
        for (const flight of flights) this.#crash(flight, error, plannedAtMs);
      return error.code;
    }
  }

  /**
   * Asks for what was refused together once more, each kind of aggregates on its own.
   *
   * @returns whether it did
   */
  async #flyApart(departure: Departure, refusal: ErrorCode): Promise<boolean> {
    const { batch, group } = departure;
    const parts = this.#apart.partsOf(batch, refusal);
    if (parts.length === 0) return false;
    const bySeries = new Map(group.flights.map((flight) => [flight.series, flight]));
    const ends = parts.map(async (part) => {
      const code = await this.#fly({ ...departure, batch: part, group: regroup(part, bySeries) });
      return { batch: part, code };
    });
    this.#apart.learn(batch, await Promise.all(ends));
    return true;
  }

  /** A thousand of them take milliseconds, for which reads would wait. */
  async #landAll(flights: readonly Flight[], outcomes: readonly Outcome[], run: BatchRun): Promise<void> {
    const turns = new Turns();
    for (const [index, flight] of flights.entries()) {
      this.#land(flight, outcomes[index], run);
      if (turns.isOver()) await turns.next();
    }
  }

  #land(flight: Flight, outcome: Outcome | undefined, run: BatchRun): void {
    if (outcome?.kind === 'sample') {
      this.#forget(flight);
      this.#context.sink.put(flight.series, outcome.sample, run);
      settle(flight, outcome);
    } else if (outcome !== undefined) this.#crash(flight, outcome.error, run.plannedAtMs);
  }

  #crash(flight: Flight, error: AdapterError, plannedAtMs: number): void {
    if (flight.outcome !== undefined) return;
    this.#forget(flight);
    this.#context.sink.fail(flight.series, error, plannedAtMs);
    settle(flight, { kind: 'failed', error });
  }

  #forget(flight: Flight): void {
    if (this.#flights.get(flight.key) === flight) this.#flights.delete(flight.key);
  }
}
