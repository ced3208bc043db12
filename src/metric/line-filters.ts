import { labelIdsOf, type LabelIdOf } from './labels.ts';

type FilterName = LabelIdOf<'filter'>;

/** Selects the lines of a log that count. Undefined: all. A status is a code such as `503`, or a class such as `5xx`. */
export type LineFilters = Readonly<Partial<Record<FilterName, string>>> & {
  /** The values of a user's own labels, by name, in the metric's order; `route` is the route in its templates. */
  readonly own?: Readonly<Record<string, string>>;
};

export const filterNames = labelIdsOf('filter');

/** Returns the filters in one order: equal filters have equal entries. */
export const filterEntries = (filters: LineFilters): [FilterName, string][] =>
  filterNames.flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : [[name, value]];
  });

/** Returns what is equal in JSON for equal filters, including those of a user's own labels. */
export const filterKey = (filters: LineFilters): readonly (readonly [string, string])[] =>
  filters.own === undefined
    ? filterEntries(filters)
    : [...filterEntries(filters), ['own', JSON.stringify(filters.own)]];
