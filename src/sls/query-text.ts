import { filterEntries, type LineFilters } from '../metric/line-filters.ts';
import { logColumns, type LogKind } from '../metric/log-kind.ts';
import { windowSeconds, type Window } from '../metric/sample.ts';

/** What one statement asks: some aggregates over a window, for some routes or for the whole logstore. */
export interface Statement {
  readonly logKind: LogKind;
  readonly filters: LineFilters;
  readonly window: Window;
  /** Undefined: one row for the whole logstore. */
  readonly routes: readonly string[] | undefined;
  /** Counts every route of the logstore, named or not. */
  readonly everyRoute: boolean;
  /** How many rows come at most where every route is counted. Default: the greatest LIMIT of SLS. */
  readonly maxRows?: number;
  /** Alias → SQL expression of the catalogue. */
  readonly aggregates: Readonly<Record<string, string>>;
  /** Whether the logstore has the column that names a canary's backend. */
  readonly hasAlternative: boolean;
}

/** The alias of the route in a result; no log has a column of that name. */
export const routeAlias = 'effective_route';

/** The alias of the second in a count by the second. */
export const secondAlias = 'unix_second';

/** The alias of a count of lines, whatever is asked for besides. */
export const linesAlias = 'lines';

/** Source: SLS, "Limits on query and analysis". */
const maxSearchConditions = 30;

/** The greatest LIMIT that SLS takes. Source: SLS, "LIMIT clause". */
export const greatestLimit = 1_000_000;

/**
 * A backend is `{namespace}-{service}-{port}`, of DNS labels and a port's number or name. Anything else in the
 * column of the alternative (empty, `-`, the debris of a misread line) leaves the primary in charge.
 */
const backendPattern = '^[a-z0-9][-a-z0-9]*-[a-z0-9][-a-z0-9]*-[a-z0-9][-a-z0-9]*$';

/**
 * The query of a statement: `search | SELECT …`. The search narrows what is scanned and may let through too
 * much, never too little; the SQL is exact.
 */
export function queryText(statement: Statement): string {
  const { window, routes, aggregates, maxRows = greatestLimit } = statement;
  const route = routeExpression(statement);
  const where = [timeCondition(window), ...filterConditions(statement)].join(' AND ');
  const columns = Object.entries(aggregates).map(([alias, expression]) => `${expression} AS ${alias}`);
  if (routes === undefined) {
    return `* | SELECT ${[...columns, `count(*) AS ${linesAlias}`].join(', ')} FROM log WHERE ${where} LIMIT 1`;
  }
  const [search, which, limit] = statement.everyRoute
    ? // A route that is NULL would come as the text `null`, which may be asked for.
      ['*', `${route} IS NOT NULL`, maxRows]
    : [searchText(statement, routes), `${route} IN (${routes.map(sqlString).join(', ')})`, routes.length];
  return [
    `${search} | SELECT ${[`${route} AS ${routeAlias}`, ...columns].join(', ')}`,
    `FROM log WHERE ${where} AND ${which}`,
    `GROUP BY ${routeAlias} LIMIT ${limit}`,
  ].join(' ');
}

/** The query of how many lines each second of a window has: at most one row a second. */
export function secondCountsText(window: Window): string {
  const columns = `__time__ AS ${secondAlias}, count(*) AS ${linesAlias}`;
  const limit = windowSeconds(window);
  return `* | SELECT ${columns} FROM log WHERE ${timeCondition(window)} GROUP BY __time__ LIMIT ${limit}`;
}

export const timeCondition = ({ startSeconds, endSeconds }: Window) =>
  `__time__ >= ${startSeconds} AND __time__ < ${endSeconds}`;

function filterConditions({ filters, logKind }: Statement): string[] {
  return filterEntries(filters).map(([filter, value]) => {
    if (filter === 'host') return `host = ${sqlString(value)}`;
    if (filter === 'method') return `${logColumns[logKind].method} = ${sqlString(value)}`;
    // Indexed as a number or as text.
    const status = 'cast(status AS varchar)';
    return value.endsWith('xx')
      ? `${status} LIKE ${sqlString(`${value.slice(0, -2)}__`)}`
      : `${status} = ${sqlString(value)}`;
  });
}

/** SQL: the effective backend of a line. */
export function routeExpression({
  logKind,
  hasAlternative,
}: Pick<Statement, 'logKind' | 'hasAlternative'>): string {
  const { primary, alternative } = logColumns[logKind].route;
  if (!hasAlternative || alternative === undefined) return primary;
  return `CASE WHEN regexp_like(${alternative}, ${sqlString(backendPattern)}) THEN ${alternative} ELSE ${primary} END`;
}

function searchText({ logKind, hasAlternative }: Statement, routes: readonly string[]): string {
  const { primary, alternative } = logColumns[logKind].route;
  const fields = hasAlternative && alternative !== undefined ? [primary, alternative] : [primary];
  if (routes.length * fields.length > maxSearchConditions || !routes.every(isOneToken)) return '*';
  return routes.flatMap((route) => fields.map((field) => `${field}: "${route}"`)).join(' or ');
}

/** Text that the index cannot split and that needs no escape; any other is left to the SQL. */
const isOneToken = (text: string) => /^[A-Za-z0-9_.-]+$/.test(text);

/** The one place that quotes: a SQL string literal. */
export function sqlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
