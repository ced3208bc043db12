import type { LabelChoice } from '../metric/labels.ts';
import { ingressLogs } from '../metric/ingress-logs.ts';
import {
  isIngressLog,
  type ColumnId,
  type LogExpressions,
  type LogKind,
  type OwnLog,
  type SqlTemplate,
  type IngressLog,
  routeColumnOf,
  withPlaceholders,
} from '../metric/log-kind.ts';
import { statusText } from '../metric/measures.ts';
import { windowSeconds, type Window } from '../metric/sample.ts';
import { filterEntries, type LineFilters } from '../metric/series.ts';
import { agentField, heartbeatAgent } from './heartbeat-lines.ts';

/** One statement: aggregates over a window, for some routes or for the whole logstore. */
export interface Statement {
  readonly logKind: LogKind;
  readonly filters: LineFilters;
  readonly window: Window;
  /** Distinct; undefined: one row for the whole logstore. */
  readonly routes: readonly string[] | undefined;
  /** Whether to group by every route of the logstore instead of only those in `routes`. */
  readonly everyRoute: boolean;
  /** LIMIT of a query that groups by every route. Default: the greatest LIMIT of SLS. */
  readonly maxRows?: number;
  /** Alias → SQL expression from the catalogue. */
  readonly aggregates: Readonly<Record<string, string>>;
  /**
   * Counts also the lines of the last so many seconds before the window's end, each in a column of its own. The query then
   * reads the lines of the longest of them, and only these columns are of the window.
   */
  readonly lastSeconds?: readonly number[] | undefined;
  /** Whether the logstore has the column with a canary's backend. */
  readonly hasAlternative: boolean;
  /** Whether to leave out the lines of heartbeats. A SELECT that a user wrote leaves out none. */
  readonly withoutHeartbeats?: boolean;
}

/** Alias of the route in a result; no log has a column of that name. */
export const routeAlias = 'effective_route';

export const secondAlias = 'unix_second';
export const minuteAlias = 'unix_minute';

/** The row of all lines that count for none of the routes. No route has this name. */
export const otherLines = '';
/** The row of the lines that count, of a query for the whole logstore. */
export const countedLines = 'counted';

/** Aliases of the heartbeats of all adapters, and of those to one address, in a count per second. */
export const heartbeatsAlias = 'heartbeats';
export const ownHeartbeatsAlias = 'own_heartbeats';

/** Alias of the count of lines that every whole-logstore query adds. */
export const linesAlias = 'lines';
/** The lines that have a route. */
export const routedAlias = 'routed_lines';

/** Alias of the second of the newest line of each row. Every query has it but a user's own SELECT. */
export const newestAlias = 'newest_second';

/** Alias of the count of the lines of the last so many seconds. */
export const lastAlias = (seconds: number): string => `last_${seconds}`;

/** Returns the counts of the lines of the last so many seconds: alias → SQL. */
export const lastCounts = ({ window, lastSeconds = [] }: Pick<Statement, 'window' | 'lastSeconds'>) =>
  Object.fromEntries(
    lastSeconds.map((seconds) => [
      lastAlias(seconds),
      `count_if(__time__ >= ${window.endSeconds - seconds})`,
    ]),
  );

/** Returns the seconds whose lines a query reads. */
export function scannedWindow({
  window,
  lastSeconds = [],
}: Pick<Statement, 'window' | 'lastSeconds'>): Window {
  const { startSeconds, endSeconds } = window;
  return { startSeconds: Math.min(startSeconds, endSeconds - Math.max(0, ...lastSeconds)), endSeconds };
}

/** Source: SLS, "Limits on query and analysis". */
const maxSearchConditions = 30;

/**
 * The most rows that a result may have. SLS would give up to 1,000,000 (SLS, "LIMIT clause"), which do not fit into the
 * memory of a pod.
 */
export const mostRows = 100_000;

/**
 * Returns the query of a statement: `search | SELECT …`. The search narrows what SLS scans; it may match too many lines,
 * never too few. The SQL is exact.
 */
export function queryText(statement: Statement): string {
  const { routes, logKind, maxRows = mostRows } = statement;
  const search = searchText(statement);
  // LIMIT 2 shows a second row, which is an error.
  if (!isIngressLog(logKind) && logKind.sql !== undefined)
    return `${search} | ${withValues(logKind.sql, logKind, statement)} LIMIT 2`;
  const where = [timeCondition(scannedWindow(statement)), ...lineConditions(statement)].join(' AND ');
  const columns = aggregateColumns(statement);
  for (const [alias, sql] of Object.entries(lastCounts(statement))) columns.push(`${sql} AS ${alias}`);
  columns.push(`max(__time__) AS ${newestAlias}`);
  if (routes === undefined) {
    return `${search} | SELECT ${[...columns, `count(*) AS ${linesAlias}`].join(', ')} FROM log WHERE ${where} LIMIT 1`;
  }
  const route = routeExpression(statement);
  const [which, limit] = statement.everyRoute
    ? // A NULL route would come as the text `null`, which is also a possible route name.
      [`${route} IS NOT NULL`, maxRows]
    : [isOneOf(route, routes), routes.length];
  return [
    `${search} | SELECT ${[`${route} AS ${routeAlias}`, ...columns].join(', ')}`,
    `FROM log WHERE ${where} AND ${which}`,
    `GROUP BY ${routeAlias} LIMIT ${limit}`,
  ].join(' ');
}

/**
 * Returns the query of a statement for each second of its window: at most one row per second and route. The rows have a
 * route only if there are several.
 *
 * @param statement names its routes, or is for the whole logstore
 */
export function bySecondText(statement: Statement): string {
  const { window, routes } = statement;
  const where = [timeCondition(window), ...lineConditions(statement), ...routeConditions(statement)];
  const isSplit = routes !== undefined && routes.length > 1;
  const route = isSplit ? [`${routeExpression(statement)} AS ${routeAlias}`] : [];
  const columns = aggregateColumns({ ...statement, window: { startSeconds: 0, endSeconds: 1 } });
  const groups = [secondAlias, ...(isSplit ? [routeAlias] : [])].join(', ');
  return [
    `${searchText(statement)} | SELECT ${[`__time__ AS ${secondAlias}`, ...route, ...columns].join(', ')}`,
    `FROM log WHERE ${where.join(' AND ')} GROUP BY ${groups}`,
    `LIMIT ${windowSeconds(window) * Math.max(1, routes?.length ?? 1)}`,
  ].join(' ');
}

/**
 * Returns the query of a statement for each minute of its window: at most one row per minute and route, and one with the
 * lines that count for none. So the rows of a minute have all lines of the logstore, whatever the filters: without any,
 * the logstore was silent.
 *
 * @param statement names its routes, or is for the whole logstore
 */
export function byMinuteText(statement: Statement): string {
  const { window, routes } = statement;
  const conditions = [...lineConditions(statement), ...routeConditions(statement)];
  const counted = routes === undefined ? sqlString(countedLines) : routeExpression(statement);
  const group =
    conditions.length === 0
      ? counted
      : `CASE WHEN ${conditions.join(' AND ')} THEN ${counted} ELSE ${sqlString(otherLines)} END`;
  const columns = [
    `__time__ - __time__ % 60 AS ${minuteAlias}`,
    `${group} AS ${routeAlias}`,
    ...aggregateColumns(statement),
    // Lines in another form than the collector expects have no route: a log of these alone is silent about all routes.
    `count(${routeColumnOf(statement.logKind, routes !== undefined) ?? '*'}) AS ${linesAlias}`,
  ];
  return [
    `* | SELECT ${columns.join(', ')} FROM log WHERE ${timeCondition(window)}`,
    `GROUP BY ${minuteAlias}, ${routeAlias} LIMIT ${mostRowsByMinute(window, routes)}`,
  ].join(' ');
}

/** Returns how many rows a query by the minute has at most. */
const mostRowsByMinute = (window: Window, routes: readonly string[] | undefined): number =>
  Math.ceil(windowSeconds(window) / 60) * ((routes?.length ?? 1) + 1);

/**
 * Returns the query that counts the lines of each second of a window: at most one row per second.
 *
 * @param ownAgentStart what the User-Agents of heartbeats to one address begin with; undefined: heartbeats are not counted
 * @param routeColumn also counts the lines that have this column, and only those heartbeats that have it
 */
export function secondCountsText(
  window: Window,
  {
    ownAgentStart,
    routeColumn,
  }: { readonly ownAgentStart?: string | undefined; readonly routeColumn?: string | undefined } = {},
): string {
  const columns = [`__time__ AS ${secondAlias}`, `count(*) AS ${linesAlias}`];
  if (routeColumn !== undefined) columns.push(`count(${columnName(routeColumn)}) AS ${routedAlias}`);
  const has = routeColumn === undefined ? '' : ` AND ${columnName(routeColumn)} IS NOT NULL`;
  if (ownAgentStart !== undefined)
    columns.push(
      `count_if(${hasAgent(heartbeatAgent)}${has}) AS ${heartbeatsAlias}`,
      `count_if(${hasAgent(ownAgentStart)}${has}) AS ${ownHeartbeatsAlias}`,
    );
  return `* | SELECT ${columns.join(', ')} FROM log WHERE ${timeCondition(window)} GROUP BY __time__ LIMIT ${windowSeconds(window)}`;
}

export const timeCondition = ({ startSeconds, endSeconds }: Window) =>
  `__time__ >= ${startSeconds} AND __time__ < ${endSeconds}`;

const hasAgent = (start: string) => `${agentField} LIKE ${sqlString(`${start}%`)}`;

/** Returns the condition that a line is no heartbeat. A line without the field is none. */
export const noHeartbeat = (): string => `(${agentField} IS NULL OR NOT ${hasAgent(heartbeatAgent)})`;

/** The conditions of the lines that count, but for their routes and seconds. */
function lineConditions(statement: Statement): string[] {
  const filters = filterConditions(statement);
  return statement.withoutHeartbeats === true ? [noHeartbeat(), ...filters] : filters;
}

const routeConditions = (statement: Statement): string[] =>
  statement.routes === undefined ? [] : [isOneOf(routeExpression(statement), statement.routes)];

/** Returns the condition that an expression has one of these texts. */
export const isOneOf = (expression: string, texts: readonly string[]): string =>
  `${expression} IN (${texts.map(sqlString).join(', ')})`;

function filterConditions({ filters, logKind, hasAlternative }: Statement): string[] {
  if (!isIngressLog(logKind)) return ownConditions(logKind, filters);
  return filterEntries(filters).map(([filter, choice]) => {
    if (filter === 'host') return chosen(hostExpression({ logKind, hasAlternative }), choice, choice.values);
    if (filter === 'method') return chosen(columnName(logKind.columns.method.name), choice, choice.values);
    const isClass = (value: string) => value.endsWith('xx');
    const codes = choice.values.filter((value) => !isClass(value));
    const patterns = choice.values.filter(isClass).map((value) => `${value.slice(0, -2)}__`);
    return chosen(logSql(statusText, logKind), choice, codes.map(withoutZeros), patterns);
  });
}

/** 000 is 0 in the text of a status. */
const withoutZeros = (code: string) => String(Number(code));

/** Returns the condition that a column has one of the values or patterns, or that it has none of them (`notin`). */
function chosen(
  column: string,
  { operator }: LabelChoice,
  values: readonly string[],
  patterns: readonly string[] = [],
): string {
  const [listed, more] = [values.map(sqlString), patterns.map((one) => `${column} LIKE ${sqlString(one)}`)];
  const equals = listed.length > 1 ? `${column} IN (${listed.join(', ')})` : `${column} = ${listed.join()}`;
  const either = (listed.length === 0 ? more : [equals, ...more]).join(' OR ');
  // A comparison with NULL is neither true nor false: a line without the column has none of the values.
  if (operator === 'notin') return `(${column} IS NULL OR NOT (${either}))`;
  return more.length === 0 || values.length + more.length === 1 ? either : `(${either})`;
}

function ownConditions(log: OwnLog, { own = {} }: LineFilters): string[] {
  return Object.entries(log.columns).map(([label, name]) => {
    const value = own[label] ?? '';
    return log.numbers.includes(label)
      ? `${sqlName(name)} = ${value}`
      : `${textOf(sqlName(name))} = ${sqlString(value)}`;
  });
}

/** A column as text, whether it is indexed as text or as a number. */
const textOf = (column: string) => `cast(${column} AS varchar)`;

type Columns = Pick<Statement, 'hasAlternative'> & { readonly logKind: IngressLog };

/** Returns the SQL expression of a line's effective backend. */
export function routeExpression({
  logKind,
  hasAlternative,
}: Pick<Statement, 'logKind' | 'hasAlternative'>): string {
  if (!isIngressLog(logKind)) return textOf(sqlName(logKind.groupBy ?? ''));
  return logSql((hasAlternative ? logKind.canarySql : undefined)?.route ?? logKind.sql.route, logKind);
}

/** Returns the SQL expression of a line's host. */
export const hostExpression = ({ logKind, hasAlternative }: Columns): string =>
  logSql((hasAlternative ? logKind.canarySql : undefined)?.hostName ?? logKind.sql.hostName, logKind);

/** Returns SQL with the names of the log's columns filled in. */
export function logSql(template: SqlTemplate, log: IngressLog): string {
  return withPlaceholders(template, (name) => {
    const expression = log.sql[name as keyof LogExpressions];
    if (expression !== undefined) return logSql(expression, log);
    const column = log.columns[name as ColumnId];
    if (column === undefined) throw new RangeError(`the log ${log.kind} has no {${name}}`);
    return columnName(column.name);
  });
}

/** Plain names that the gateways write. None is a keyword of SQL, so they need no quotes. */
const plainNames: ReadonlySet<string> = new Set(
  Object.values(ingressLogs).flatMap(({ columns }) =>
    Object.values(columns).flatMap(({ name }) => (/^[a-z][a-z0-9_]*$/.test(name) ? [name] : [])),
  ),
);

/** Returns the name of a log's column in SQL. */
export const columnName = (name: string): string => (plainNames.has(name) ? name : sqlName(name));

const aggregateColumns = (statement: Statement): string[] =>
  Object.entries(statement.aggregates).map(([alias, template]) => {
    const { logKind } = statement;
    const sql = isIngressLog(logKind) ? logSql(template, logKind) : withValues(template, logKind, statement);
    return `${sql} AS ${alias}`;
  });

/** A misread field is found by its last token too: `[`, `,` and the space are delimiters of the index. */
function searchText({ logKind, hasAlternative, routes, everyRoute, filters }: Statement): string {
  if (!isIngressLog(logKind))
    return withPlaceholders(logKind.search, (name) => {
      const value = ownValue(name, filters);
      return logKind.numbers.includes(name) ? value : searchPhrase(value);
    });
  if (routes === undefined || everyRoute || !logKind.isRouteText) return '*';
  const { backend, canary } = logKind.columns;
  const fields = [backend.name, ...(hasAlternative && canary !== undefined ? [canary.name] : [])];
  if (!fields.every((field) => plainNames.has(field))) return '*';
  if (routes.length * fields.length > maxSearchConditions || !routes.every(isOneToken)) return '*';
  return routes.flatMap((route) => fields.map((field) => `${field}: "${route}"`)).join(' or ');
}

/** Fills in a SQL template. The window's length is a double, so that a division by it keeps its fraction. */
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

/** Whether the index cannot split the text and it needs no escape. The search leaves other routes to the SQL. */
const isOneToken = (text: string) => /^[A-Za-z0-9_.-]+$/.test(text);

/** Returns a SQL string literal. Only this file quotes: this function and the two below. */
export const sqlString = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Returns a quoted column name, which may be a keyword of SQL. */
const sqlName = (column: string): string => `"${column.replaceAll('"', '""')}"`;

const searchPhrase = (text: string): string =>
  `"${text.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;
