import { ingressLogs } from '../../metric/ingress-logs.ts';
import { labelDefinitions } from '../../metric/labels.ts';
import type { IngressLog } from '../../metric/log-kind.ts';
import { hostExpression, logSql, routeExpression, timeCondition } from '../query-text.ts';
import { lastMinute, type Assumption } from './assumption.ts';
import { column, docs, query } from './entry.ts';

const columns = (logKind: IngressLog) => ({ logKind, hasAlternative: false });
const { 'alb-ingress': alb, 'mse-ingress': mse, 'envoy-gateway': envoyGateway } = ingressLogs;

/** How gateways name backends, and how the SQL of their logs reads a line. */
export const gatewayAssumptions: readonly Assumption[] = [
  ofLines('mse-route-of-lines', mse, routeExpression(columns(mse)), 'a-web-80', 'a-web-80-v1', '-'),
  ofLines(
    'envoy-gateway-route-of-lines',
    envoyGateway,
    routeExpression(columns(envoyGateway)),
    'a-web-0',
    'a-web-1',
    '-',
  ),
  ofLines('envoy-host-of-lines', mse, hostExpression(columns(mse)), 'a.example.com', 'b.example.com', ''),
  ofLines(
    'envoy-upstream-of-lines',
    mse,
    `CASE WHEN ${logSql('{withoutUpstream}', mse)} THEN 'none' ELSE coalesce(cast(${logSql('{upstreamTotal}', mse)} AS varchar), 'unreadable') END`,
    '12.0',
    'unreadable',
    'none',
  ),
  routesOf('alb-routes', alb, '`{namespace}-{service}-{port}`', docs('Fields in ALB access logs')),
  routesOf('mse-routes', mse, "Istio's name of a Service", docs('Fields in access logs of MSE')),
];

/** The SQL of a log over three known lines. Its value has a digit for each line that is read as `values` say. */
function ofLines(id: string, { kind }: IngressLog, sql: string, ...values: readonly string[]): Assumption {
  const counts = values.map((value, index) => `${10 ** index} * count_if(${sql} = '${value}')`);
  return column('gateway lines', id, counts.join(' + '), '111', {
    statement: `The SQL for a log of \`${kind}\`, over three known lines, gives what was read by hand.`,
    source: 'The values are read by hand',
    consequence: 'Requests would be counted for another route or host, or for none.',
  });
}

/** Holds too where the logstore is of another kind, which has no index of the column. */
function routesOf(id: string, logKind: IngressLog, form: string, source: string): Assumption {
  const route = routeExpression(columns(logKind));
  const isRoute = `regexp_like(${route}, '^[a-z0-9][-.a-z0-9]*-[a-z0-9]+$')`;
  const text = (during: string) =>
    `* | SELECT count_if(${route} NOT IN ('', '-')) AS named, count_if(${isRoute}) AS understood FROM log WHERE ${during} LIMIT 1`;
  return query(
    'by doctor',
    id,
    {
      query: ({ nowSeconds }) => ({ query: text(timeCondition(lastMinute(nowSeconds))) }),
      expected: `no such log, or lines that name ${form}`,
      expects: ({ result, error }) => {
        if (error !== undefined) return error.code === 'IndexMissing';
        const { named = '', understood = '' } = result.rows[0] ?? {};
        return named === '0' || Number(understood) > 0;
      },
    },
    {
      statement: `\`${logKind.columns.backend.name}\` of \`${logKind.kind}\` holds ${form}.`,
      source,
      consequence: `No ${labelDefinitions.route.name} could name the requests: they would be missing from their route.`,
    },
  );
}
