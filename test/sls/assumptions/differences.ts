import type { Faults } from '../../../emulator/faults.ts';
import { slsErrorRules } from '../../../src/sls/sls-error-rules.ts';
import {
  answers,
  computes,
  prints,
  reads,
  refuses,
  replies,
  rows,
  types,
  type Difference,
} from './difference.ts';

/** One way in which SLS could differ, for each entry of the ledger. The entry must notice it. */
export const differences: Readonly<Record<string, Difference>> = {
  'integer-division': computes('(n - n + 7) / 2', '(n - n + 7) / 2e0'),
  'double-division': computes('/ 2e0', '/ 2'),
  modulo: computes('% 60', '/ 60'),
  'long-text': prints('12345678000000', '1.2345678E13'),
  'double-whole-text': prints('60.0', '60'),
  'double-small-text': prints('1.0E-4', '0.0001'),
  'double-large-text': prints('1.2345E7', '12345000.0'),
  'double-all-digits': computes('0.1e0 + 0.2e0', 'round((0.1e0 + 0.2e0) * 10) / 10'),
  'nan-text': prints('NaN', 'null'),
  'infinity-text': refuses('Division by zero'),
  'null-text': prints('null', ''),
  'try-cast-number': computes("'0.120'", "'0,120'"),
  'try-cast-long': computes('try_cast(n - n + 200 AS double)', 'try_cast(NULL AS double)'),
  'try-cast-list': computes(", 0.002'", "'"),
  'try-cast-dash': computes("try_cast('-' AS double)", "coalesce(try_cast('-' AS double), 0e0)"),
  'try-cast-empty': computes("try_cast('' AS double)", "coalesce(try_cast('' AS double), 0e0)"),
  coalesce: computes(', 0e0)', ', NULL)'),

  'cast-long': prints('200', '200.0'),
  'cast-double': prints('1.0E-4', '0.0001'),
  'cast-text': prints('a b', '"a b"'),
  'quote-in-text': prints("it's", "it''s"),
  'backslash-in-text': prints('a\\b', 'ab'),
  'double-quote-in-text': refuses('unclosed string quote'),
  'equal-case': computes("'Web' = 'web'", "lower('Web') = 'web'"),
  'equal-spaces': computes("'web ' = 'web'", "rtrim('web ') = 'web'"),
  'empty-is-not-null': computes("'' IS NOT NULL", "nullif('', '') IS NOT NULL"),
  'in-list': computes("IN ('a', 'b')", "= 'a'"),
  'in-null': computes(
    "cast(NULL AS varchar) IN ('a', 'b')",
    "coalesce(cast(NULL AS varchar) IN ('a', 'b'), 1 = 1)",
  ),
  'not-in-null': computes(
    "cast(NULL AS varchar) NOT IN ('', '-')",
    "coalesce(cast(NULL AS varchar) NOT IN ('', '-'), 1 = 1)",
  ),
  'null-is-not-equal': computes('OR NOT', 'AND NOT'),
  'like-any-character': computes("LIKE '5__'", "= '5__'"),
  'like-whole-text': computes("LIKE '5__'", "LIKE '5__%'"),
  'case-when-null': computes(
    "regexp_like(cast(NULL AS varchar), 'a')",
    "coalesce(regexp_like(cast(NULL AS varchar), 'a'), 1 = 1)",
  ),
  'regexp-finds-a-part': computes("regexp_like('xab', 'a')", "regexp_like('xab', '^a$')"),
  'regexp-anchors': computes("'^a'", "'a'"),
  'regexp-repetition': computes('{0,4}', '{2,4}'),
  'regexp-extract': prints('10.0.0.1:80', '10.0.0.1'),
  'regexp-extract-group': computes(', 2)', ', 1)'),
  'regexp-extract-none': prints('null', ''),
  'status-of-text': prints('0', '000'),
  'status-of-dash': refuses("Cannot cast '-' to BIGINT"),
  replace: prints('0.1, 0.2', '0.1, 0.2 '),
  'split-part': computes(', 2)', ', 3)'),
  'split-part-beyond': refuses('index is out of range'),
  'strpos-start': prints('1', '0'),
  'strpos-absent': prints('0', '-1'),

  'count-rows': computes('count(*) AS c', 'count(x) AS c'),
  'count-values': computes('count(x)', 'count(*)'),
  'count-if': computes('count_if(i >= 4)', 'count(i >= 4)'),
  'count-if-null': computes('x >= 0.75e0', 'coalesce(x >= 0.75e0, 1 = 1)'),
  'count-not-null': computes('k IS NOT NULL', '1 = 1'),
  'sum-case': prints('2', '2.0'),
  'sum-null': computes('sum(x)', 'CASE WHEN count(x) = count(*) THEN sum(x) END'),
  'avg-null': computes('avg(x)', 'sum(x) / count(*)'),
  'avg-long': computes('avg(i)', 'sum(i) / count(i)'),
  max: computes('max(i)', 'min(i)'),
  'percentile-middle': computes('approx_percentile(x, 0.5)', 'max(x)'),
  'percentile-high': computes('0.99', '0.01'),
  'type-long': types('bigint', 'integer'),
  'type-double': types('double', 'decimal'),
  'type-text': types('varchar', 'unknown'),
  'none-count': rows(() => []),
  'none-count-if': prints('0', 'null'),
  'none-sum': prints('null', '0'),
  'none-avg': prints('null', 'NaN'),
  'none-percentile': prints('null', '0.0'),
  'none-max': prints('null', '0'),

  'metric-qps': computes('count(*) AS requests', 'count(status) - 1 AS requests'),
  'metric-requests': computes('count(*) AS requests', 'count(DISTINCT status) AS requests'),
  'metric-error-ratio': computes("'^5[0-9][0-9]$'", "'^[0-9]*$'"),
  'metric-concurrency': computes(
    'sum(try_cast(request_time AS double))',
    'max(try_cast(request_time AS double))',
  ),
  'metric-inflow': computes('sum(try_cast(request_length', 'max(try_cast(request_length'),
  'metric-outflow': prints('3000.0', '3.0'),
  'metric-latency-avg': computes('count(try_cast(request_time AS double))', 'count(*)'),
  'metric-latency-p50': computes(', 0.5)', ', 0.5) * 10e0'),
  'metric-latency-p95': computes(', 0.95)', ', 0.05)'),
  'metric-latency-p99': computes(', 0.99)', ', 0.01)'),
  'metric-latency-p9999': computes(', 0.9999)', ', 0.0001)'),
  'metric-upstream-latency-avg': computes("', ', 2)", "', ', 9)"),
  'metric-upstream-latency-p50': computes(', 0.5)', ', 0.5) * 10e0'),
  'metric-upstream-latency-p95': computes(', 0.95)', ', 0.05)'),
  'metric-upstream-latency-p99': computes(', 0.99)', ', 0.01)'),
  'route-of-lines': prints('a-canary-80', 'a-web-80'),
  'host-of-lines': computes(', host)', ", '-')"),

  'limit-many': rows((found) => found.slice(0, 100)),
  'limit-default': computes('SELECT a.i AS i FROM', 'SELECT DISTINCT a.i AS i FROM'),
  'limit-subquery': computes(' c)', ' c LIMIT 100)'),
  'group-by-alias': refuses("Column 'effective_route' cannot be resolved"),
  'group-of-null': rows((found) => found.filter((row) => row['effective_route'] !== 'null')),
  'group-without-rows': rows(() => [{ effective_route: 'a', requests: '0' }]),
  'quoted-name': computes('"order" AS c', "'order' AS c"),
  'no-lines': rows(() => []),
  'range-of-time': reads(-120, 60),
  'time-type': types('bigint', 'timestamp'),
  'reply-complete': { outcome: (outcome) => ({ ...outcome, complete: false }) },
  'reply-date': replies({ serverTimeMs: undefined }),
  'reply-id': replies({ requestId: undefined }),
  'reply-lines-read': replies({ processedRows: undefined }),

  'refuses-unknown-column': computes('count(sls_metrics_adapter_no_such_field)', '0'),
  'refuses-unknown-field': refuses('the search is invalid'),
  'refuses-cast': computes('cast(', 'try_cast('),
  'refuses-text-as-number': computes("'a' = 1", '1 = 0'),
  'refuses-unknown-function': computes('sls_metrics_adapter_f(1)', '1'),
  'refuses-empty-range': answers(),
  'refuses-unknown-logstore': answers(),
  'refuses-unknown-project': answers(),
  'refuses-wrong-secret': answers(),

  'range-ends': reads(0, 1),
  'bounds-in-sql': computes('AND __time__ < ', 'AND __time__ <= '),
  'lines-by-second': rows((found) => found.slice(1)),
  'equal-lines': computes('count(*)', 'count(DISTINCT __time__)'),
  'unparsed-lines': computes('* |', 'host: * |'),
  'token-found': computes('"default-web-80"', '"default web 80"'),
  'token-with-dots': computes('"a_b.c-web-80"', '"a_b c-web-80"'),
  'token-in-any-case': computes('WHERE', "WHERE proxy_upstream_name = 'DEFAULT-WEB-80' AND"),
  'token-after-bracket': computes('"default-web-80"', '"[default-web-80x"'),
  'search-or': computes(' or ', ' and '),
  'search-30-conditions': refuses('condition number 30 is more than 20'),
  'search-number-on-text': refuses('key (upstream_status) is not config as numberic column'),
  'search-precedence': computes(
    'host: "a.example.com" or host: "b.example.com" and',
    '(host: "a.example.com" or host: "b.example.com") and',
  ),
  'value-of-2-kb': prints('2000', '1024'),
  'order-by': rows((found) => found.toReversed()),
  'search-escapes': refuses('unclosed string quote, position 12'),
  'sql-is-exact': computes(
    "proxy_upstream_name = 'Default-Web-80'",
    "lower(proxy_upstream_name) = 'default-web-80'",
  ),
  'sql-unicode': computes("'/ü?q=1'", "'/u?q=1'"),
  'quoted-column': computes('"time"', "'time'"),
  'missing-field': computes(
    'proxy_alternative_upstream_name IS NULL',
    "proxy_alternative_upstream_name = ''",
  ),
  'empty-field': computes("host = ''", 'host IS NULL'),
  'unreadable-number': computes('count(request_time)', 'count(coalesce(request_time, 0))'),
  'zero-status': prints('0', '000'),
  'small-double': prints('1.0E-4', '0.0001'),
  'field-types': types('double', 'varchar'),
  'more-than-100-groups': rows((found) => found.slice(0, 100)),

  'trouble-incomplete': { outcome: (outcome) => ({ ...outcome, complete: true }) },
};

/** How the emulator is brought into the trouble that an entry is about, and how SLS could tell it otherwise. */
export function troubleOf(
  id: string,
): { readonly faults: Faults; readonly difference: Difference } | undefined {
  if (id === 'trouble-incomplete') return { faults: { incomplete: true }, difference: differences[id] ?? {} };
  for (const {
    means,
    examples: [example],
  } of slsErrorRules) {
    const [status = 0, errorCode = '', errorMessage = ''] = example ?? [];
    const words = [errorCode, ...errorMessage.split(/\W+/).filter(Boolean).slice(0, 5)]
      .join('-')
      .toLowerCase();
    if (id !== `trouble-${words}`) continue;
    const otherStatus = means === 'QueryRefused' ? 503 : 400;
    return {
      faults: { status, errorCode, errorMessage },
      difference: refuses('as never seen', otherStatus, 'NeverSeen'),
    };
  }
  return undefined;
}
