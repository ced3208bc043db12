import { createCatalog } from '../../metric/catalog.ts';
import { ingressLogs } from '../../metric/ingress-logs.ts';
import { decodeAggregates } from '../decode.ts';
import { hostExpression, logSql, routeAlias, routeExpression } from '../query-text.ts';
import type { Assumption, NumberRange } from './assumption.ts';
import { isWithin, query, rangeText, result, rows } from './entry.ts';
import { tables } from './tables.ts';

const byHand = 'The values are computed by hand';
const logKind = ingressLogs['nginx-ingress'];
const columns = { logKind, hasAlternative: true };
const windowSeconds = 10;

const exactly = (value: number): NumberRange => ({ least: value, most: value });

/** Each metric's value of the four ingress lines in a window of 10 s. Percentiles are estimates. */
const values: Readonly<Record<string, NumberRange>> = {
  qps: exactly(0.4),
  requests: exactly(4),
  error_ratio: exactly(0.25),
  concurrency: exactly(0.15),
  inflow: exactly(60),
  outflow: exactly(300),
  latency_avg: exactly(500),
  latency_p50: { least: 250, most: 750 },
  latency_p95: { least: 500, most: 750 },
  latency_p99: { least: 500, most: 750 },
  latency_p9999: { least: 500, most: 750 },
  upstream_latency_avg: exactly(375),
  upstream_latency_p50: { least: 250, most: 500 },
  upstream_latency_p95: { least: 375, most: 500 },
  upstream_latency_p99: { least: 375, most: 500 },
};

/** The SQL of the built-in metrics as it is sent, over lines with known values. All metrics share one query. */
export function metricAssumptions(): Assumption[] {
  const { find } = createCatalog();
  const metrics = Object.entries(values).map(([suffix, right]) => ({
    ...find(`sls_ingress_${suffix}`),
    suffix,
    right,
  }));
  const aggregates = Object.assign({}, ...metrics.map((metric) => metric.aggregates)) as Record<
    string,
    string
  >;
  const selected = Object.entries(aggregates).map(([alias, sql]) => `${logSql(sql, logKind)} AS ${alias}`);
  const text = `* | SELECT ${selected.join(', ')} FROM ${tables['ingress lines']} LIMIT 1`;
  const ofMetrics = metrics.map(({ suffix, right, aggregates: own, value }) =>
    query(
      'by doctor',
      `metric-${suffix.replaceAll('_', '-')}`,
      {
        query: () => ({ query: text }),
        ...result(`a value of ${rangeText(right)}`, ({ rows: [row = {}] }) =>
          isWithin(value(decodeAggregates(row, Object.keys(own)), windowSeconds), right),
        ),
      },
      {
        statement: `The SQL of \`sls_ingress_${suffix}\`, over four known lines, gives the value computed by hand.`,
        source: byHand,
        consequence: 'The metric would be wrong, or refused.',
      },
    ),
  );
  return [...ofMetrics, routeOfLines, hostOfLines];
}

const grouped = (expression: string, alias: string) =>
  `* | SELECT ${expression} AS ${alias}, count(*) AS requests FROM ${tables['ingress lines']} GROUP BY ${alias} LIMIT 10`;

const routeOfLines = query(
  'by doctor',
  'route-of-lines',
  {
    query: () => ({ query: grouped(routeExpression(columns), routeAlias) }),
    ...rows(
      { [routeAlias]: 'a-web-80', requests: '1' },
      { [routeAlias]: 'a-canary-80', requests: '2' },
      { [routeAlias]: 'a-api-80', requests: '1' },
    ),
  },
  {
    statement:
      'The SQL of routes counts a request for its canary where one served it, also after a retry, else for its main service.',
    source: byHand,
    consequence: 'Requests would be counted for another route, or for none.',
  },
);

const hostOfLines = query(
  'by doctor',
  'host-of-lines',
  {
    query: () => ({ query: grouped(hostExpression(columns), 'host_name') }),
    ...rows({ host_name: 'a.example.com', requests: '3' }, { host_name: 'b.example.com', requests: '1' }),
  },
  {
    statement: 'The SQL of hosts finds the host of a request, also after a retry.',
    source: byHand,
    consequence: 'A filter by host would count other requests.',
  },
);
