import type { IngressLogKind } from '../metric/log-kind.ts';
import type { Window } from '../metric/sample.ts';
import { routeAlias, routeExpression, sqlString, timeCondition } from './query-text.ts';

/** Which routes are surveyed, and what of them is asked. */
export interface SurveyStatement {
  readonly logKind: IngressLogKind;
  readonly window: Window;
  /** One route alone, or those that start with the name of a namespace. Neither: all. */
  readonly route: string | undefined;
  readonly namespace: string | undefined;
  readonly hasAlternative: boolean;
  /** Those with the most requests are told, and no more than these. */
  readonly maxRows: number;
}

/** Alias of the last second with a line. */
export const lastSecondAlias = 'last_second';

/** Alias of the requests of the busiest minute. */
export const busiestAlias = 'busiest_minute';

/** One row a route: the aggregates (alias → SQL, `requests` among them), and when its last line was logged. */
export function surveyText(statement: SurveyStatement, aggregates: Readonly<Record<string, string>>): string {
  const columns = [
    `${routeExpression(statement)} AS ${routeAlias}`,
    ...Object.entries(aggregates).map(([alias, expression]) => `${expression} AS ${alias}`),
    `max(__time__) AS ${lastSecondAlias}`,
  ];
  return [
    `* | SELECT ${columns.join(', ')} FROM log WHERE ${condition(statement)}`,
    `GROUP BY ${routeAlias} ORDER BY requests DESC, ${routeAlias} LIMIT ${statement.maxRows}`,
  ].join(' ');
}

/**
 * One row a route: how many requests its busiest minute of the clock had. A subquery takes no LIMIT. Source: SLS, "LIMIT
 * clause", which bounds final results alone.
 */
export function busiestMinuteText(statement: SurveyStatement): string {
  const minutes = [
    `SELECT ${routeExpression(statement)} AS ${routeAlias}`,
    '__time__ - __time__ % 60 AS minute_start',
    `count(*) AS minute_requests FROM log WHERE ${condition(statement)} GROUP BY ${routeAlias}`,
    'minute_start',
  ].join(', ');
  return [
    `* | SELECT ${routeAlias}, max(minute_requests) AS ${busiestAlias}, sum(minute_requests) AS requests`,
    `FROM (${minutes}) GROUP BY ${routeAlias} ORDER BY requests DESC, ${routeAlias} LIMIT ${statement.maxRows}`,
  ].join(' ');
}

function condition(statement: SurveyStatement): string {
  const { window, route: one, namespace } = statement;
  const route = routeExpression(statement);
  // `-` and nothing stand for requests that reached no backend.
  const conditions = [timeCondition(window), `${route} IS NOT NULL`, `${route} NOT IN ('', '-')`];
  if (one !== undefined) conditions.push(`${route} = ${sqlString(one)}`);
  if (namespace !== undefined) conditions.push(`starts_with(${route}, ${sqlString(`${namespace}-`)})`);
  return conditions.join(' AND ');
}
