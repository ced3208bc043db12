/** Which lines of a log count. Undefined: all. */
export interface LineFilters {
  readonly host?: string;
  readonly method?: string;
  /** A code such as `503`, or a class such as `5xx`. */
  readonly status?: string;
  /** Values of the labels that a metric has of its own, by name, in the metric's order; `route` is that of its templates. */
  readonly own?: Readonly<Record<string, string>>;
}

/** The filters in one order: equal filters have equal entries. */
export function filterEntries({
  host,
  method,
  status,
}: LineFilters): [Exclude<keyof LineFilters, 'own'>, string][] {
  const entries = [
    ['host', host],
    ['method', method],
    ['status', status],
  ] as const;
  return entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

/** Equal in JSON for equal filters, those of a metric's own labels with them. */
export const filterKey = (filters: LineFilters): readonly (readonly [string, string])[] =>
  filters.own === undefined
    ? filterEntries(filters)
    : [...filterEntries(filters), ['own', JSON.stringify(filters.own)]];

/** Whether they are equal for certain; what a metric's own labels say is not looked into. */
export const haveSameFilters = (one: LineFilters, other: LineFilters): boolean =>
  one.host === other.host &&
  one.method === other.method &&
  one.status === other.status &&
  one.own === other.own;
