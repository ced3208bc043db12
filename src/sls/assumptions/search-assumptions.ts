import { docs, query, result } from './entry.ts';
import { aLine, counts, primary } from './own-lines.ts';

const search = docs('Search syntax');
const index = docs('Create indexes');
const route = 'default-web-80';

/** How SLS finds lines by a search. Each entry brings its own lines, and reads no others. */
export const searchAssumptions = [
  counts('token-found', `proxy_upstream_name: "${route}"`, 1, [primary(route)], {
    statement: 'A search finds a route as one token: `-` separates nothing.',
    source: index,
    consequence: 'Routes would read 0.',
  }),
  counts('token-with-dots', 'proxy_upstream_name: "a_b.c-web-80"', 1, [primary('a_b.c-web-80')], {
    statement: '`.` and `_` separate no tokens either.',
    source: index,
    consequence: 'Routes with such characters would read 0.',
  }),
  counts('token-in-any-case', 'proxy_upstream_name: "DEFAULT-WEB-80"', 1, [primary(route)], {
    statement: 'A search finds upper and lower case alike.',
    source: search,
    consequence: 'The search of own metrics would find less than docs/own-metrics.md says.',
  }),
  counts(
    'token-after-bracket',
    `proxy_alternative_upstream_name: "${route}"`,
    1,
    [{ fields: { proxy_alternative_upstream_name: `502, 200 46b79 a.example.com [${route}` } }],
    {
      statement: '`[`, `,` and a space separate tokens.',
      source: index,
      consequence: 'Retried requests of a canary would be missing.',
    },
  ),
  counts('search-or', `proxy_upstream_name: "x-y-1" or host: "a.example.com"`, 1, [aLine()], {
    statement: '`or` finds lines that meet one condition of several fields.',
    source: search,
    consequence: 'Requests that a canary served would be missing.',
  }),
  counts('search-30-conditions', thirtyConditions(), 1, [primary('default-web-30')], {
    statement: 'A search may have 30 conditions.',
    source: docs('Limits on query and analysis'),
    consequence: 'Queries for several routes would be refused.',
  }),
  counts('search-escapes', `url: "/a\\"b\\\\c"`, 1, [{ fields: { url: '/a"b\\c' } }], {
    statement: 'A backslash escapes a double quote and a backslash in a quoted search.',
    source: search,
    consequence: 'Own metrics with such a value would be refused, or read 0.',
  }),
  counts(
    'search-precedence',
    'host: "a.example.com" or host: "b.example.com" and method: "PUT"',
    1,
    [{ fields: { host: 'a.example.com', method: 'GET' } }],
    {
      statement: '`and` binds more tightly than `or`.',
      source: search,
      consequence: 'The search of an own metric would find other lines.',
    },
  ),
  query(
    'by test:sls',
    'search-number-on-text',
    {
      query: () => ({ query: 'upstream_status >= 500 | SELECT count(*) AS c FROM log LIMIT 1' }),
      ...result('no error', () => true),
    },
    {
      statement: 'A numeric comparison in a search of a text field is no error.',
      source: index,
      consequence: 'None for readings. It shows nothing about the type of a field.',
    },
  ),
];

function thirtyConditions(): string {
  return Array.from({ length: 30 }, (_, number) => `proxy_upstream_name: "default-web-${number + 1}"`).join(
    ' or ',
  );
}
