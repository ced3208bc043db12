/** Constants as rows, so that SLS computes with known values whatever the logstore holds. */
export type TableName = keyof typeof tables;

/** One row, also where there are no lines. */
const oneRow = '(SELECT count(*) AS n FROM log)';

/** Each line has the name of a column, and its value in each row. */
function rowsOf(columns: string): string {
  const named = columns
    .trim()
    .split('\n')
    .map((line) => line.split(' | ').map((cell) => cell.trim()));
  const [, ...values] = named[0] ?? [];
  const selects = values.map((_, row) => {
    const selected = named.map(([name, ...ofColumn]) => `${ofColumn[row]} AS ${name}`);
    return `SELECT ${selected.join(', ')} FROM ${oneRow}`;
  });
  return `(${selects.join(' UNION ALL ')})`;
}

/** Doubles without rounding: sums and averages of them are exact. */
const fiveRows = rowsOf(`
  i | 1      | 2     | 3      | 4   | 5
  x | 0.25e0 | 0.5e0 | 0.75e0 | 1e0 | cast(NULL AS double)
  k | 'a'    | 'a'   | 'b'    | 'b' | cast(NULL AS varchar)
`);

/** What follows FROM. */
export const tables = {
  'one row': oneRow,
  'five rows': fiveRows,
  'no rows': `${fiveRows} WHERE i < 0`,
  /** 125 rows: more than SLS returns without a LIMIT. */
  'many rows': `${fiveRows} a CROSS JOIN ${fiveRows} b CROSS JOIN ${fiveRows} c`,
  /** The columns of an ingress log that metrics read: plain, served by a canary, retried and misread, without numbers. */
  'ingress lines': rowsOf(`
    proxy_upstream_name | 'a-web-80' | 'a-web-80' | 'a-web-80' | 'a-api-80'
    proxy_alternative_upstream_name | '' | 'a-canary-80' | '502, 200 46b79 a.example.com [a-canary-80' | cast(NULL AS varchar)
    host | 'a.example.com' | 'a.example.com' | 'b.example.com' | 'b.example.com'
    method | 'GET' | 'POST' | 'GET' | 'GET'
    status | 200 | 503 | 200 | 499
    request_time | 0.25e0 | 0.5e0 | 0.75e0 | cast(NULL AS double)
    request_length | 100 | 200 | 300 | 0
    body_bytes_sent | 1000 | 2000 | 0 | 0
    upstream_response_time | '0.250' | '0.125, 0.375' | '0.125 : 0.25' | '-'
  `),
  /** The columns of Envoy's logs that routes, hosts and upstream times are read from. */
  'gateway lines': rowsOf(`
    upstream_cluster | 'outbound|80||web.a.svc.cluster.local' | 'outbound|80|v1|web.a.svc.cluster.local' | '-'
    route_name | 'httproute/a/web/rule/0/match/0/a_example_com' | 'httproute/a/web/rule/1/match/0/*' | '-'
    authority | 'A.example.com:443' | 'b.example.com' | ''
    upstream_service_time | '12' | '-' | '-'
    upstream_host | '10.0.0.1:80' | '10.0.0.1:80' | '-'
    response_flags | '-' | '-' | 'NR'
  `),
} as const;
