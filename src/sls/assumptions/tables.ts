/** Constants as rows, so that SLS computes with known values whatever the logstore holds. */
export type TableName = keyof typeof tables;

/** One row, also where there are no lines. */
const oneRow = '(SELECT count(*) AS n FROM log)';

const rowsOf = (columns: readonly string[], rows: readonly (readonly string[])[]) => {
  const selects = rows.map(
    (values) =>
      `SELECT ${values.map((value, position) => `${value} AS ${columns[position]}`).join(', ')} FROM ${oneRow}`,
  );
  return `(${selects.join(' UNION ALL ')})`;
};

const noText = 'cast(NULL AS varchar)';
const noDouble = 'cast(NULL AS double)';

/** Doubles without rounding: sums and averages of them are exact. */
const fiveRows = rowsOf(
  ['i', 'x', 'k'],
  [
    ['1', '0.25e0', "'a'"],
    ['2', '0.5e0', "'a'"],
    ['3', '0.75e0', "'b'"],
    ['4', '1e0', "'b'"],
    ['5', noDouble, noText],
  ],
);

/** The columns of an ingress log that metrics read: plain, served by a canary, retried and misread, without numbers. */
const ingressRows = rowsOf(
  [
    'proxy_upstream_name',
    'proxy_alternative_upstream_name',
    'host',
    'method',
    'status',
    'request_time',
    'request_length',
    'body_bytes_sent',
    'upstream_response_time',
  ],
  [
    ["'a-web-80'", "''", "'a.example.com'", "'GET'", '200', '0.25e0', '100', '1000', "'0.250'"],
    [
      "'a-web-80'",
      "'a-canary-80'",
      "'a.example.com'",
      "'POST'",
      '503',
      '0.5e0',
      '200',
      '2000',
      "'0.125, 0.375'",
    ],
    [
      "'a-web-80'",
      "'502, 200 46b79 a.example.com [a-canary-80'",
      "'b.example.com'",
      "'GET'",
      '200',
      '0.75e0',
      '300',
      '0',
      "'0.125 : 0.25'",
    ],
    ["'a-api-80'", noText, "'b.example.com'", "'GET'", '499', noDouble, '0', '0', "'-'"],
  ],
);

/** The columns of Envoy's logs that routes, hosts and upstream times are read from. */
const gatewayRows = rowsOf(
  ['upstream_cluster', 'route_name', 'authority', 'upstream_service_time', 'upstream_host', 'response_flags'],
  [
    [
      "'outbound|80||web.a.svc.cluster.local'",
      "'httproute/a/web/rule/0/match/0/a_example_com'",
      "'A.example.com:443'",
      "'12'",
      "'10.0.0.1:80'",
      "'-'",
    ],
    [
      "'outbound|80|v1|web.a.svc.cluster.local'",
      "'httproute/a/web/rule/1/match/0/*'",
      "'b.example.com'",
      "'-'",
      "'10.0.0.1:80'",
      "'-'",
    ],
    ["'-'", "'-'", "''", "'-'", "'-'", "'NR'"],
  ],
);

/** What follows FROM. */
export const tables = {
  'one row': oneRow,
  'five rows': fiveRows,
  'no rows': `${fiveRows} WHERE i < 0`,
  'ingress lines': ingressRows,
  'gateway lines': gatewayRows,
  /** 125 rows: more than SLS returns without a LIMIT. */
  'many rows': `${fiveRows} a CROSS JOIN ${fiveRows} b CROSS JOIN ${fiveRows} c`,
} as const;
