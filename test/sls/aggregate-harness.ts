import type { LogRecord } from '../../emulator/log-record.ts';
import type { Window } from '../../src/metric/sample.ts';
import type { AggregateQuery, AggregateSource } from '../../src/sls/aggregate-source.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { alive, logstore, project } from './sls-client.ts';
import { ingressLogs } from '../../src/metric/ingress-logs.ts';

export const line = (timeSeconds: number, primary: string, alternative?: string): LogRecord => ({
  timeSeconds,
  fields: {
    status: '200',
    proxy_upstream_name: primary,
    ...(alternative === undefined ? {} : { proxy_alternative_upstream_name: alternative }),
  },
});

/** Asks for the requests of one route, unless `changes` differ. */
export const aggregateQuery = (
  url: string,
  plannedAtSeconds: number,
  window: Window,
  changes: Partial<AggregateQuery> = {},
): AggregateQuery => ({
  endpoint: parseEndpointUrl(url),
  project,
  logstore,
  logKind: ingressLogs['nginx-ingress'],
  filters: {},
  window,
  plannedAtSeconds,
  routes: ['default-a-80'],
  everyRoute: false,
  aggregates: { requests: 'count(*)' },
  ...changes,
});

/** Runs a query and returns route → requests. */
export async function requestsOf(source: AggregateSource, query: AggregateQuery) {
  const { byRoute } = await source.query(query, alive());
  return new Map(Array.from(byRoute, ([route, aggregates]) => [route, aggregates['requests']]));
}

/** Returns route → lines, counted in the test: one entry of `routes` per line. */
export const countsOf = (routes: readonly (string | undefined)[]) =>
  new Map([...Map.groupBy(routes, (route) => route)].map(([route, lines]) => [route, lines.length]));
