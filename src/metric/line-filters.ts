/** Which lines of a log count. Undefined: all. */
export interface LineFilters {
  readonly host?: string;
  readonly method?: string;
  /** A code such as `503`, or a class such as `5xx`. */
  readonly status?: string;
}

/** The filters in one order: equal filters have equal entries. */
export function filterEntries({ host, method, status }: LineFilters): [keyof LineFilters, string][] {
  const entries = [
    ['host', host],
    ['method', method],
    ['status', status],
  ] as const;
  return entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}
