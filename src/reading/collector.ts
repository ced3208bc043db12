import { AdapterError, toAdapterError } from '../errors.ts';
import type { Outcome } from '../metric/sample.ts';
import { seriesKey, type Series } from '../metric/series.ts';
import type { AggregateQuery, AggregatesByRoute } from '../sls/aggregate-source.ts';
import { outcomeOf, planBatches, type Batch, type PlanContext } from './plan.ts';
import { raceAbort } from './race-abort.ts';
import { withRetry, type RetrySettings } from './retry.ts';

export interface CollectorSettings extends RetrySettings {
  /** How long misses are gathered before they are planned together. */
  readonly gatherMs: number;
}

export interface CollectorContext extends Omit<PlanContext, 'nowSeconds'> {
  readonly clock: { now(): number };
  /** One SLS request. */
  readonly query: (query: AggregateQuery, signal: AbortSignal) => Promise<AggregatesByRoute>;
  /** Told of each series of each batch, before whoever waits for it. */
  readonly onOutcome: (series: Series, outcome: Outcome, plannedAtMs: number) => void;
}

/** One series on its way; whoever asks for it meanwhile waits for the same answer. */
interface Flight {
  readonly key: string;
  readonly series: Series;
  readonly answer: PromiseWithResolvers<Outcome>;
  group: Group;
  maxRetries: number;
  /** How many wait for this one. */
  waiting: number;
}

/** Flights with one fate: first those gathered together, then those of one query. */
interface Group {
  readonly flights: Flight[];
  readonly controller: AbortController;
  /** How many wait for any of its flights. */
  waiting: number;
}

const newGroup = (): Group => ({ flights: [], controller: new AbortController(), waiting: 0 });

/** The one way to SLS for readings: gathers, plans, sends, and answers all who asked for the same series once. */
export class Collector {
  readonly #settings: CollectorSettings;
  readonly #context: CollectorContext;
  readonly #flights = new Map<string, Flight>();
  #boarding: Group | undefined;

  constructor(settings: CollectorSettings, context: CollectorContext) {
    this.#settings = settings;
    this.#context = context;
  }

  /**
   * @returns the outcomes, in the order of the series
   * @throws AdapterError `Canceled` once the signal is aborted
   */
  async collect(series: readonly Series[], maxRetries: number, signal: AbortSignal): Promise<Outcome[]> {
    const flights = series.map((one) => this.#join(one, maxRetries));
    try {
      return await raceAbort(Promise.all(flights.map(({ answer }) => answer.promise)), signal);
    } catch (cause) {
      throw new AdapterError('Canceled', 'the read was canceled', { cause });
    } finally {
      for (const flight of flights) this.#leave(flight);
    }
  }

  #join(series: Series, maxRetries: number): Flight {
    const key = seriesKey(series);
    let flight = this.#flights.get(key);
    if (flight === undefined) {
      const group = this.#board();
      flight = { key, series, answer: Promise.withResolvers(), group, maxRetries, waiting: 0 };
      group.flights.push(flight);
      this.#flights.set(key, flight);
    }
    flight.maxRetries = Math.max(flight.maxRetries, maxRetries);
    flight.waiting += 1;
    flight.group.waiting += 1;
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

  #board(): Group {
    if (this.#boarding !== undefined) return this.#boarding;
    const group = newGroup();
    this.#boarding = group;
    setTimeout(() => {
      if (this.#boarding === group) this.#boarding = undefined;
      this.#depart(group);
    }, this.#settings.gatherMs);
    return group;
  }

  #depart(gathered: Group): void {
    const plannedAtMs = this.#context.clock.now();
    const bySeries = new Map<Series, Flight>();
    for (const flight of gathered.flights) {
      if (flight.waiting > 0) bySeries.set(flight.series, flight);
      else this.#forget(flight);
    }
    let batches: readonly Batch[];
    try {
      batches = planBatches([...bySeries.keys()], { ...this.#context, nowSeconds: plannedAtMs / 1000 });
    } catch (thrown) {
      const outcome: Outcome = { kind: 'failed', error: toAdapterError(thrown) };
      for (const flight of bySeries.values()) this.#land(flight, outcome, plannedAtMs);
      return;
    }
    for (const { query, series } of batches) {
      const group = newGroup();
      for (const flight of series.flatMap((one) => bySeries.get(one) ?? [])) {
        group.flights.push(flight);
        group.waiting += flight.waiting;
        flight.group = group;
      }
      void this.#fly(query, group, plannedAtMs);
    }
  }

  async #fly(query: AggregateQuery, { flights, controller }: Group, plannedAtMs: number): Promise<void> {
    const maxRetries = () => flights.reduce((most, flight) => Math.max(most, flight.maxRetries), 0);
    const send = (signal: AbortSignal) => this.#context.query(query, signal);
    let outcomes: readonly Outcome[];
    try {
      const result = await withRetry(send, maxRetries, controller.signal, this.#settings);
      outcomes = flights.map(({ series }) => outcomeOf(series, query.window, result));
    } catch (thrown) {
      const error = toAdapterError(thrown);
      outcomes = flights.map(() => ({ kind: 'failed', error }));
    }
    for (const [index, outcome] of outcomes.entries()) {
      const flight = flights[index];
      if (flight !== undefined) this.#land(flight, outcome, plannedAtMs);
    }
  }

  #land(flight: Flight, outcome: Outcome, plannedAtMs: number): void {
    this.#forget(flight);
    this.#context.onOutcome(flight.series, outcome, plannedAtMs);
    flight.answer.resolve(outcome);
  }

  #forget(flight: Flight): void {
    if (this.#flights.get(flight.key) === flight) this.#flights.delete(flight.key);
  }
}
