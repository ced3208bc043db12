/** Which lines of a log count. Undefined: all. */
export interface LineFilters {
  readonly host?: string;
  readonly method?: string;
  /** A code such as `503`, or a class such as `5xx`. */
  readonly status?: string;
  /** Values of the labels that a metric has of its own, by name, in the metric's order; `route` is that of its templates. */
  readonly own?: Readonly<Record<string, string>>;
}

type FilterName = Exclude<keyof LineFilters, 'own'>;

/** Each of them, which the compiler sees to: one that was left out would be dropped without a word. */
const every: Readonly<Record<FilterName, true>> = { host: true, method: true, status: true };
const filterNames = Object.keys(every) as FilterName[];

/** The filters in one order: equal filters have equal entries. */
export const filterEntries = (filters: LineFilters): [FilterName, string][] =>
  filterNames.flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : [[name, value]];
  });

/** Equal in JSON for equal filters, those of a metric's own labels with them. */
export const filterKey = (filters: LineFilters): readonly (readonly [string, string])[] =>
  filters.own === undefined
    ? filterEntries(filters)
    : [...filterEntries(filters), ['own', JSON.stringify(filters.own)]];

/** Whether they are equal for certain; what a metric's own labels say is not looked into. */
export const haveSameFilters = (one: LineFilters, other: LineFilters): boolean =>
  one.own === other.own && filterNames.every((name) => one[name] === other[name]);
