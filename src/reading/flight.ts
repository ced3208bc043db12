import type { Outcome } from '../metric/sample.ts';
import type { Series } from '../metric/series.ts';
import type { Batch } from './plan.ts';

/** One series on its way; whoever asks for it meanwhile waits for the same answer. */
export interface Flight {
  readonly key: string;
  readonly series: Series;
  /** Told when it lands; whoever left meanwhile no longer listens. */
  readonly askers: Asker[];
  group: Group;
  maxRetries: number;
  /** How many wait for this one. */
  waiting: number;
  /** Of the reads among them, for the log. */
  readonly readIds: string[];
  /** Once it has landed. */
  outcome: Outcome | undefined;
}

/** Who waits for some flights: one promise for all of them, of which a refresh has thousands. */
export interface Asker {
  /** Flights that have not landed. */
  left: number;
  readonly allLanded: PromiseWithResolvers<void>;
}

/** Flights with one fate: first those gathered together, then those of one query. */
export interface Group {
  readonly flights: Flight[];
  readonly controller: AbortController;
  /** Of the reads that wait for any of them, as they come. */
  readonly readIds: string[];
  /** How many wait for any of its flights. */
  waiting: number;
}

/** Tells all who wait for it. */
export function settle(flight: Flight, outcome: Outcome): void {
  flight.outcome = outcome;
  for (const asker of flight.askers) {
    asker.left -= 1;
    if (asker.left === 0) asker.allLanded.resolve();
  }
}

/** @throws Error before it has landed: a list that lacks one would give each its neighbour's number */
export function landedOutcome({ key, outcome }: Flight): Outcome {
  if (outcome === undefined) throw new Error(`no outcome yet of ${key}`);
  return outcome;
}

export const newGroup = (): Group => ({
  flights: [],
  controller: new AbortController(),
  readIds: [],
  waiting: 0,
});

/** Gives the flights of a batch one fate. Where nobody waits for them any more, that is to be canceled. */
export function regroup({ series }: Batch, bySeries: ReadonlyMap<Series, Flight>): Group {
  const group = newGroup();
  for (const flight of series.flatMap((one) => bySeries.get(one) ?? [])) {
    group.flights.push(flight);
    group.waiting += flight.waiting;
    for (const id of flight.readIds) addReadId(group, id);
    flight.group = group;
  }
  if (group.waiting === 0) group.controller.abort();
  return group;
}

/** So many are named; a query may serve a thousand. */
const maxReadIds = 20;

export function addReadId({ readIds }: Pick<Group, 'readIds'>, id: string): void {
  if (readIds.length < maxReadIds && !readIds.includes(id)) readIds.push(id);
}
