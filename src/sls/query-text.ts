import { filterEntries, type LineFilters } from '../metric/line-filters.ts';
import { logColumns, routeColumnsOf, type LogKind, type OwnLog } from '../metric/log-kind.ts';
import { withPlaceholders } from '../metric/own/placeholders.ts';
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
  const { window, routes, aggregates, logKind, maxRows = greatestLimit } = statement;
  const search = searchText(statement);
  // A second row, which there may not be, shows.
  if (typeof logKind !== 'string' && logKind.sql !== undefined)
    return `${search} | ${withValues(logKind.sql, logKind, statement)} LIMIT 2`;
  const where = [timeCondition(window), ...filterConditions(statement)].join(' AND ');
  const columns = Object.entries(aggregates).map(
    ([alias, expression]) => `${sqlOf(expression, statement)} AS ${alias}`,
  );
  if (routes === undefined) {
    return `${search} | SELECT ${[...columns, `count(*) AS ${linesAlias}`].join(', ')} FROM log WHERE ${where} LIMIT 1`;
  }
  const route = routeExpression(statement);
  const [which, limit] = statement.everyRoute
    ? // A route that is NULL would come as the text `null`, which may be asked for.
      [`${route} IS NOT NULL`, maxRows]
    : [`${route} IN (${routes.map(sqlString).join(', ')})`, routes.length];
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
  if (typeof logKind !== 'string') return ownConditions(logKind, filters);
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

function ownConditions(log: OwnLog, { own = {} }: LineFilters): string[] {
  return Object.entries(log.columns).map(([label, name]) => {
    const value = own[label] ?? '';
    return log.numbers.includes(label)
      ? `${sqlName(name)} = ${value}`
      : `${textOf(sqlName(name))} = ${sqlString(value)}`;
  });
}

/** A column as text, whether it is indexed as that or as a number. */
const textOf = (column: string) => `cast(${column} AS varchar)`;

/** SQL: the effective backend of a line. */
export function routeExpression({
  logKind,
  hasAlternative,
}: Pick<Statement, 'logKind' | 'hasAlternative'>): string {
  const { primary = '', alternative } = routeColumnsOf(logKind) ?? {};
  if (typeof logKind !== 'string') return textOf(sqlName(primary));
  if (!hasAlternative || alternative === undefined) return primary;
  return `CASE WHEN regexp_like(${alternative}, ${sqlString(backendPattern)}) THEN ${alternative} ELSE ${primary} END`;
}

function searchText({ logKind, hasAlternative, routes, everyRoute, filters }: Statement): string {
  if (typeof logKind !== 'string')
    return withPlaceholders(logKind.search, (name) => {
      const value = ownValue(name, filters);
      return logKind.numbers.includes(name) ? value : searchPhrase(value);
    });
  if (routes === undefined || everyRoute) return '*';
  const { primary, alternative } = logColumns[logKind].route;
  const fields = hasAlternative && alternative !== undefined ? [primary, alternative] : [primary];
  if (routes.length * fields.length > maxSearchConditions || !routes.every(isOneToken)) return '*';
  return routes.flatMap((route) => fields.map((field) => `${field}: "${route}"`)).join(' or ');
}

const sqlOf = (expression: string, statement: Statement): string =>
  typeof statement.logKind === 'string' ? expression : withValues(expression, statement.logKind, statement);

/** A template of SQL with its values. The length of the window is a double, so that to divide by it drops nothing. */
function withValues(
  template: string,
  { numbers }: OwnLog,
  { window, filters }: Pick<Statement, 'window' | 'filters'>,
): string {
  return withPlaceholders(template, (name) => {
    if (name === 'window') return `${windowSeconds(window)}e0`;
    if (name === 'from') return String(window.startSeconds);
    if (name === 'to') return String(window.endSeconds);
    const value = ownValue(name, filters);
    return numbers.includes(name) ? value : sqlString(value);
  });
}

function ownValue(name: string, { own }: LineFilters): string {
  const value = own?.[name];
  if (value === undefined) throw new RangeError(`the placeholder {${name}} has no value`);
  return value;
}

/** Text that the index cannot split and that needs no escape; any other is left to the SQL. */
const isOneToken = (text: string) => /^[A-Za-z0-9_.-]+$/.test(text);

/** Here alone is quoted. A SQL string literal. */
export function sqlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The name of a column, which may be a word of SQL. */
function sqlName(column: string): string {
  return `"${column.replaceAll('"', '""')}"`;
}

/** A phrase of a search. */
function searchPhrase(text: string): string {
  return `"${text.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;
}
