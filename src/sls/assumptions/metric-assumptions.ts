import { createCatalog } from '../../metric/catalog.ts';
import { routeAlias, routeExpression } from '../query-text.ts';
import type { Assumption } from './assumption.ts';
import { column, query, rows } from './entry.ts';
import { tables } from './tables.ts';

/** The expressions of the built-in metrics, as they are sent, over four lines with known values. */
export const metricAssumptions = (): Assumption[] => [
  ofIngress('metric-requests', 'qps', 'requests', '4', 'Requests'),
  ofIngress('metric-errors', 'error_ratio', 'errors', '1', 'Requests with a status 5xx'),
  ofIngress('metric-status-lines', 'error_ratio', 'status_lines', '4', 'Lines with a readable status'),
  ofIngress('metric-time-lines', 'concurrency', 'request_time_lines', '3', 'Lines with a request time'),
  ofIngress('metric-time-sum', 'concurrency', 'request_time_sum', '1.5', 'The sum of request times'),
  ofIngress('metric-inflow', 'inflow', 'request_length_sum', '600.0', 'The bytes received'),
  ofIngress('metric-outflow', 'outflow', 'body_bytes_sent_sum', '3000.0', 'The bytes sent'),
  ofIngress(
    'metric-latency-p95',
    'latency_p95',
    'request_time_p95',
    ['0.5', '0.75'],
    'The 95th percentile of request times',
  ),
  ofIngress(
    'metric-upstream-lines',
    'upstream_latency_avg',
    'upstream_time_lines',
    '3',
    'Requests with upstream times',
  ),
  ofIngress(
    'metric-no-upstream',
    'upstream_latency_avg',
    'no_upstream_lines',
    '1',
    'Requests that reached no upstream',
  ),
  ofIngress(
    'metric-upstream-time',
    'upstream_latency_avg',
    'upstream_time_sum',
    '1.125',
    'The sum of upstream times, where a request adds up its upstreams,',
  ),
  query(
    'by doctor',
    'metric-route',
    {
      query: () => ({
        query: `* | SELECT ${routeOfLine} AS ${routeAlias}, count(*) AS requests FROM ${tables['ingress lines']} GROUP BY ${routeAlias} LIMIT 10`,
      }),
      ...rows(
        { [routeAlias]: 'a-web-80', requests: '2' },
        { [routeAlias]: 'a-canary-80', requests: '1' },
        { [routeAlias]: 'a-api-80', requests: '1' },
      ),
    },
    {
      statement:
        'A request counts for its canary where one served it, else for its main service, by the SQL that is sent.',
      source: byHand,
      consequence: 'Requests would be counted for another route, or for none.',
    },
  ),
];

const routeOfLine = routeExpression({ logKind: 'nginx-ingress', hasAlternative: true });
const byHand = 'The values are computed by hand';

/** @param suffix of the metric's name; `alias` names one of its aggregates */
function ofIngress(
  id: string,
  suffix: string,
  alias: string,
  value: string | readonly string[],
  what: string,
): Assumption {
  const { aggregates: ofMetric } = createCatalog().find(`sls_ingress_${suffix}`);
  const sql = ofMetric[alias];
  if (sql === undefined) throw new RangeError(`${suffix} has no aggregate ${alias}`);
  return column('ingress lines', id, sql, value, {
    statement: `${what} of four known lines come out as expected, by the SQL of sls_ingress_${suffix}.`,
    source: byHand,
    consequence: `sls_ingress_${suffix} would be wrong, or refused.`,
  });
}
