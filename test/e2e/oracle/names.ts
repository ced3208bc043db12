const long = 'default-bert-tfserving-202207181536-tensorflow-serving-grpc-8500';

/** Names of backends. Some are prefixes of others, some are long. */
export const backendNames: readonly string[] = [
  'default-web-80',
  'default-web-8080',
  'default-web-80-http',
  'default-x--y-80',
  long.slice(0, 63),
  long,
  `${long}-${long}`,
];

/** Other routes: names that are not of backends, and words of SQL and of a search. */
export const oddNames: readonly string[] = [
  'default-web',
  'DEFAULT-web-80',
  'default-a_b.c-80',
  '80',
  '-',
  'internal',
  'upstream-default-backend',
  'default-INVALID',
  'custom-default-backend-a-b',
  'NULL',
  'or',
  'not',
  'select',
  'log',
  'proxy_upstream_name',
  '*',
  '%',
  "'",
  "''",
  '"',
  '\\',
  "a' OR '1'='1",
  'a" or *',
  "x', 'y",
  "a-b-c' UNION SELECT 'x', '9' --",
  'a|b',
  'a, b',
  'default web 80',
];

/** What the collector's usual regex puts before the name of the canary if the request was retried. */
export const misreadRetry = '150 0.001, 0.002 502, 502 46b79c0ffee a.example.com [';

/** What may precede the name of a canary in a misread line. */
export const misreads: readonly string[] = [
  misreadRetry,
  '502, 502 46b79 a.example.com [',
  '[',
  'default-web-80 [',
  ', default-web-8080 46b79 [fd00:8::11 [',
];

/** Values of the canary field if no canary served the request: nothing, parts of a misread retry, other names. */
export const noCanaries: readonly (string | undefined)[] = [
  '',
  undefined,
  '-',
  '502, 200 46b79 a.example.com [',
  'a.example.com [',
  '502, 200 46b79 a.example.com [default-web',
  '502, 200 46b79 [default-web-80 [',
  '502, 200 46b79 default-web-80',
  '[default-web-80, default-x-80',
  'default-web',
  'Default-web-80',
  'default-web-80 ',
  ' default-web-80',
  'default-web-80, default-web-8080',
  'default_web-a-80',
  '-a-b-c',
];
