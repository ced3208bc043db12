import type { LogExpressions } from '../log-kind.ts';

/**
 * SQL: the times of the upstreams of a request. One time, or a list if several upstreams were asked: `0.1, 0.2`, or
 * `0.1 : 0.2` across an internal redirect, with `-` for an upstream that did not answer. A column that is indexed as a
 * number is printed by Java: `0.1` or `1.0E-4`. Source: nginx, ngx_http_upstream_module.
 */
const upstreamTimes = 'cast({upstreamTime} AS varchar)';

/** Longer lists are not read. ingress-nginx tries 3 upstreams by default. */
export const mostUpstreams = 5;

const isListOf = (item: string) =>
  `regexp_like(${upstreamTimes}, '^${item}((, | : )${item}){0,${mostUpstreams - 1}}$')`;

/** Each item of the list. An item beyond its end, or without an answer, adds nothing. */
const upstreamTerms = Array.from(
  { length: mostUpstreams },
  (_, index) =>
    `coalesce(try_cast(split_part(replace(${upstreamTimes}, ' : ', ', '), ', ', ${index + 1}) AS double), 0e0)`,
);

/** The upstream times as nginx logs them. */
export const upstreamLists: Required<Pick<LogExpressions, 'upstreamTotal' | 'withoutUpstream'>> = {
  upstreamTotal:
    `CASE WHEN ${isListOf('(-|[0-9]+([.][0-9]+)?(E-?[0-9]+)?)')} AND regexp_like(${upstreamTimes}, '[0-9]') ` +
    `THEN ${upstreamTerms.join(' + ')} END`,
  withoutUpstream: `${upstreamTimes} = '' OR ${isListOf('-')}`,
};
