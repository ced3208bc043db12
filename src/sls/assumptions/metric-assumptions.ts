import { createCatalog } from '../../metric/catalog.ts';
import { ingressLogs } from '../../metric/ingress-logs.ts';
import { labelDefinitions } from '../../metric/labels.ts';
import type { IngressLog } from '../../metric/log-kind.ts';
import { columnsOf, decodeAggregates } from '../decode.ts';
import { hostExpression, logSql, routeAlias, routeExpression, timeCondition } from '../query-text.ts';
import { lastMinute, type AskedQuery, type Assumption, type Expectation } from './assumption.ts';
import { docs, isWithin, queryOf, rangeText, result, rows, valuesOf, type NumberRange } from './entry.ts';
import { tables } from './tables.ts';

const byHand = 'The values are computed by hand';
const {
  'nginx-ingress': nginx,
  'alb-ingress': alb,
  'mse-ingress': mse,
  'envoy-gateway': envoy,
} = ingressLogs;
const windowSeconds = 10;
const byDoctor = queryOf('by doctor');
const ofGateways = valuesOf('gateway lines');

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

const columns = (logKind: IngressLog, hasAlternative = false) => ({ logKind, hasAlternative });
const routesText = grouped(routeExpression(columns(nginx, true)), routeAlias);
const hostsText = grouped(hostExpression(columns(nginx, true)), 'host_name');
const upstream = `CASE WHEN ${logSql('{withoutUpstream}', mse)} THEN 'none' ELSE coalesce(cast(${logSql('{upstreamTotal}', mse)} AS varchar), 'unreadable') END`;

const routes = rows(
  { [routeAlias]: 'a-web-80', requests: '1' },
  { [routeAlias]: 'a-canary-80', requests: '2' },
  { [routeAlias]: 'a-api-80', requests: '1' },
);
const hosts = rows(
  { host_name: 'a.example.com', requests: '3' },
  { host_name: 'b.example.com', requests: '1' },
);

/** The SQL of logs and built-in metrics as it is sent, over lines with known values; and how gateways name backends. */
export const metricAssumptions = (): Assumption[] => [
  ...ofMetrics(),
  byDoctor('route-of-lines', routesText, routes, byHand, {
    statement:
      'The SQL of routes counts a request for its canary where one served it, also after a retry, else for its main service.',
    consequence: 'Requests would be counted for another route, or for none.',
  }),
  byDoctor('host-of-lines', hostsText, hosts, byHand, {
    statement: 'The SQL of hosts finds the host of a request, also after a retry.',
    consequence: 'A filter by host would count other requests.',
  }),
  ofLog('mse-route-of-lines', mse, routeExpression(columns(mse)), ['a-web-80', 'a-web-80-v1', '-']),
  ofLog('envoy-gateway-route-of-lines', envoy, routeExpression(columns(envoy)), ['a-web-0', 'a-web-1', '-']),
  ofLog('envoy-host-of-lines', mse, hostExpression(columns(mse)), ['a.example.com', 'b.example.com', '']),
  ofLog('envoy-upstream-of-lines', mse, upstream, ['12.0', 'unreadable', 'none']),
  routesOf('alb-routes', alb, '`{namespace}-{service}-{port}`', docs('Fields in ALB access logs')),
  routesOf('mse-routes', mse, "Istio's name of a Service", docs('Fields in access logs of MSE')),
];

/** All metrics share one query. */
function ofMetrics(): Assumption[] {
  const { find } = createCatalog();
  const metrics = Object.entries(values).map(([suffix, right]) => ({
    ...{ suffix, right },
    ...find(`sls_ingress_${suffix}`),
  }));
  const aggregates = Object.assign({}, ...metrics.map((metric) => metric.aggregates)) as Record<
    string,
    string
  >;
  const selected = Object.entries(aggregates).map(([alias, sql]) => `${logSql(sql, nginx)} AS ${alias}`);
  const text = `* | SELECT ${selected.join(', ')} FROM ${tables['ingress lines']} LIMIT 1`;
  return metrics.map(({ suffix, right, aggregates: own, value }) => {
    const isRight = result(`a value of ${rangeText(right)}`, ({ rows: [row = {}] }) =>
      isWithin(value(decodeAggregates(row, columnsOf(nginx, own)), windowSeconds), right),
    );
    return byDoctor(`metric-${suffix.replaceAll('_', '-')}`, text, isRight, byHand, {
      statement: `The SQL of \`sls_ingress_${suffix}\`, over four known lines, gives the value computed by hand.`,
      consequence: 'The metric would be wrong, or refused.',
    });
  });
}

function grouped(expression: string, alias: string): string {
  return `* | SELECT ${expression} AS ${alias}, count(*) AS requests FROM ${tables['ingress lines']} GROUP BY ${alias} LIMIT 10`;
}

/** The SQL of a log over three known lines. Its value has a digit for each line that is read as `read` says. */
function ofLog(id: string, { kind }: IngressLog, sql: string, read: readonly string[]): Assumption {
  const counts = read.map((value, index) => `${10 ** index} * count_if(${sql} = '${value}')`);
  return ofGateways(id, counts.join(' + '), '111', 'The values are read by hand', {
    statement: `The SQL for a log of \`${kind}\`, over three known lines, gives what was read by hand.`,
    consequence: 'Requests would be counted for another route or host, or for none.',
  });
}

/** Holds too where the logstore is of another kind, which has no index of the column. */
function routesOf(id: string, logKind: IngressLog, form: string, source: string): Assumption {
  const route = routeExpression(columns(logKind));
  const isRoute = `regexp_like(${route}, '^[a-z0-9][-.a-z0-9]*-[a-z0-9]+$')`;
  const selected = `count_if(${route} NOT IN ('', '-')) AS named, count_if(${isRoute}) AS understood`;
  const expectation: Expectation = {
    expected: `no such log, or lines that name ${form}`,
    holds: ({ result: found, error }) => {
      if (error !== undefined) return error.code === 'IndexMissing';
      const { named = '', understood = '' } = found.rows[0] ?? {};
      return named === '0' || Number(understood) > 0;
    },
  };
  const query: AskedQuery = ({ nowSeconds }) => ({
    query: `* | SELECT ${selected} FROM log WHERE ${timeCondition(lastMinute(nowSeconds))} LIMIT 1`,
  });
  return byDoctor(id, query, expectation, source, {
    statement: `\`${logKind.columns.backend.name}\` of \`${logKind.kind}\` holds ${form}.`,
    consequence: `No ${labelDefinitions.route.name} could name the requests: they would be missing from their route.`,
  });
}
