import type { Assumption, Fact } from './assumption.ts';
import { docs, ofLines, one, queryOf, result } from './entry.ts';

const search = docs('Search syntax');
const index = docs('Create indexes');
const limits = docs('Limits on query and analysis');
const route = { proxy_upstream_name: 'default-web-80' };
const dotted = { proxy_upstream_name: 'a_b.c-web-80' };
const retried = { proxy_alternative_upstream_name: '502, 200 46b79 a.example.com [default-web-80' };
const host = { host: 'a.example.com', method: 'GET' };
const hosts = 'host: "a.example.com" or host: "b.example.com" and method: "PUT"';
const thirty = Array.from({ length: 30 }, (_, number) => `proxy_upstream_name: "default-web-${number + 51}"`);
const numeric = 'upstream_status >= 500 | SELECT count(*) AS c FROM log LIMIT 1';

/** How SLS finds lines by a search. Each entry but the last brings one line, and must find it. */
export const searchAssumptions = [
  finds('token-found', 'proxy_upstream_name: "default-web-80"', route, index, {
    statement: 'A search finds a route as one token: `-` separates nothing.',
    consequence: 'Routes would read 0.',
  }),
  finds('token-with-dots', 'proxy_upstream_name: "a_b.c-web-80"', dotted, index, {
    statement: '`.` and `_` separate no tokens either.',
    consequence: 'Routes with such characters would read 0.',
  }),
  finds('token-in-any-case', 'proxy_upstream_name: "DEFAULT-WEB-80"', route, search, {
    statement: 'A search finds upper and lower case alike.',
    consequence: 'The search of own metrics would find less than docs/own-metrics.md says.',
  }),
  finds('token-after-bracket', 'proxy_alternative_upstream_name: "default-web-80"', retried, index, {
    statement: '`[`, `,` and a space separate tokens.',
    consequence: 'Retried requests of a canary would be missing.',
  }),
  finds('search-or', 'proxy_upstream_name: "x-y-1" or host: "a.example.com"', host, search, {
    statement: '`or` finds lines that meet one condition of several fields.',
    consequence: 'Requests that a canary served would be missing.',
  }),
  finds('search-30-conditions', thirty.join(' or '), route, limits, {
    statement: 'A search may have 30 conditions.',
    consequence: 'Queries for several routes would be refused.',
  }),
  finds('search-escapes', String.raw`url: "/a\"b\\c"`, { url: String.raw`/a"b\c` }, search, {
    statement: 'A backslash escapes a double quote and a backslash in a quoted search.',
    consequence: 'Own metrics with such a value would be refused, or read 0.',
  }),
  finds('search-precedence', hosts, host, search, {
    statement: '`and` binds more tightly than `or`.',
    consequence: 'The search of an own metric would find other lines.',
  }),
  queryOf('by test:sls')(
    'search-number-on-text',
    numeric,
    result('no error', () => true),
    index,
    {
      statement: 'A numeric comparison in a search of a text field is no error.',
      consequence: 'None for readings. It shows nothing about the type of a field.',
    },
  ),
];

function finds(
  id: string,
  searched: string,
  fields: Readonly<Record<string, string>>,
  source: string,
  fact: Fact,
): Assumption {
  return ofLines(id, { search: searched }, one(1), [{ fields }], source, fact);
}
