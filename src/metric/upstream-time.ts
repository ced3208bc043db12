/**
 * `upstream_response_time`: one time where one upstream was asked, a list where several were, `0.1, 0.2`, or
 * `0.1 : 0.2` across an internal redirect, with `-` for one that gave no answer. Source: nginx, ngx_http_upstream_module.
 */

/** Upstreams of one request that are added up; longer lists are not read. ingress-nginx tries 3 by default. */
const mostUpstreams = 5;

/** As text, whether its index has it as that or as a number, which Java prints as `0.1` or `1.0E-4`. */
const asText = 'cast(upstream_response_time AS varchar)';

const matches = (item: string) =>
  `regexp_like(${asText}, '^${item}((, | : )${item}){0,${mostUpstreams - 1}}$')`;

/** The items of the list, one by one: an item beyond its end, or without an answer, adds nothing. */
const items = Array.from(
  { length: mostUpstreams },
  (_, index) =>
    `coalesce(try_cast(split_part(replace(${asText}, ' : ', ', '), ', ', ${index + 1}) AS double), 0e0)`,
);

/**
 * SQL: what the upstreams of a request took together, seconds. NULL where no upstream answered, and for what is no such
 * list, as the fields of a retried request that the collector misread.
 */
export const upstreamSeconds =
  `CASE WHEN ${matches('(-|[0-9]+([.][0-9]+)?(E-?[0-9]+)?)')} AND regexp_like(${asText}, '[0-9]') ` +
  `THEN ${items.join(' + ')} END`;

/** SQL: whether the line says that no upstream answered. */
export const withoutUpstream = `${asText} = '' OR ${matches('-')}`;
