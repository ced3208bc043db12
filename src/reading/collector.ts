import { AdapterError, toAdapterError } from '../errors.ts';
import type { Outcome } from '../metric/sample.ts';
import { seriesKey, type Series } from '../metric/series.ts';
import type { AggregateQuery, AggregatesByRoute } from '../sls/aggregate-source.ts';
import { outcomeOf, planBatches, type Batch, type PlanContext } from './plan.ts';
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
  readonly series: Series;
  readonly answer: PromiseWithResolvers<Outcome>;
  group: Group;
  maxRetries: number;
  waiting: number;
}

/** Flights with one fate: first those gathered together, then those of one query. */
interface Group {
  readonly flights: Flight[];
  readonly controller: AbortController;
}

const newGroup = (flights: Flight[] = []): Group => ({ flights, controller: new AbortController() });

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
    const gone = Promise.withResolvers<never>();
    const onAbort = () =>
      gone.reject(new AdapterError('Canceled', 'the read was canceled', { cause: signal.reason }));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    try {
      return await Promise.race([Promise.all(flights.map(({ answer }) => answer.promise)), gone.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      for (const flight of flights) this.#leave(flight);
    }
  }

  #join(series: Series, maxRetries: number): Flight {
    const key = seriesKey(series);
    let flight = this.#flights.get(key);
    if (flight === undefined) {
      const group = this.#board();
      flight = { series, answer: Promise.withResolvers(), group, maxRetries, waiting: 0 };
      group.flights.push(flight);
      this.#flights.set(key, flight);
    }
    flight.maxRetries = Math.max(flight.maxRetries, maxRetries);
    flight.waiting += 1;
    return flight;
  }

  /** A group that nobody waits for is canceled, and out of the way of whoever asks next. */
  #leave(flight: Flight): void {
    flight.waiting -= 1;
    const { group } = flight;
    if (group.flights.some(({ waiting }) => waiting > 0)) return;
    group.controller.abort();
    if (this.#boarding === group) this.#boarding = undefined;
    for (const member of group.flights) this.#forget(member);
  }

  #board(): Group {
    if (this.#boarding !== undefined) return this.#boarding;
    const group = newGroup();
    this.#boarding = group;
    setTimeout(() => {
      if (this.#boarding === group) this.#boarding = undefined;
      this.#depart(group.flights.filter(({ waiting }) => waiting > 0));
    }, this.#settings.gatherMs);
    return group;
  }

  #depart(flights: readonly Flight[]): void {
    const plannedAtMs = this.#context.clock.now();
    const bySeries = new Map(flights.map((flight) => [flight.series, flight]));
    let batches: readonly Batch[];
    try {
      batches = planBatches([...bySeries.keys()], { ...this.#context, nowSeconds: plannedAtMs / 1000 });
    } catch (thrown) {
      const outcome: Outcome = { kind: 'failed', error: toAdapterError(thrown) };
      for (const flight of flights) this.#land(flight, outcome, plannedAtMs);
      return;
    }
    for (const { query, series } of batches) {
      const group = newGroup(series.flatMap((one) => bySeries.get(one) ?? []));
      for (const flight of group.flights) flight.group = group;
      void this.#fly(query, group, plannedAtMs);
    }
  }

  async #fly(query: AggregateQuery, { flights, controller }: Group, plannedAtMs: number): Promise<void> {
    const maxRetries = Math.max(...flights.map((flight) => flight.maxRetries));
    let land: (series: Series) => Outcome;
    try {
      const send = (signal: AbortSignal) => this.#context.query(query, signal);
      const result = await withRetry(send, maxRetries, controller.signal, this.#settings);
      land = (series) => outcomeOf(series, query.window, result);
    } catch (thrown) {
      const error = toAdapterError(thrown);
      land = () => ({ kind: 'failed', error });
    }
    for (const flight of flights) this.#land(flight, land(flight.series), plannedAtMs);
  }

  #land(flight: Flight, outcome: Outcome, plannedAtMs: number): void {
    this.#forget(flight);
    this.#context.onOutcome(flight.series, outcome, plannedAtMs);
    flight.answer.resolve(outcome);
  }

  #forget(flight: Flight): void {
    const key = seriesKey(flight.series);
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
