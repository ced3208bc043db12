import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queryText, secondCountsText, type Statement } from '../../src/sls/query-text.ts';
import { anyOf, noneOf } from '../support/choices.ts';
import { ingressLogs } from '../../src/metric/ingress-logs.ts';

const statement: Statement = {
  logKind: ingressLogs['nginx-ingress'],
  filters: {},
  window: { startSeconds: 100, endSeconds: 115 },
  routes: ['default-a-80'],
  everyRoute: false,
  aggregates: { requests: 'count(*)' },
  hasAlternative: true,
};
const text = (changes: Partial<Statement> = {}) => queryText({ ...statement, ...changes });
const routes = (count: number) => Array.from({ length: count }, (_, n) => `default-r${n}-80`);

const effective =
  String.raw`coalesce(regexp_extract(proxy_alternative_upstream_name, '(^|\[)([a-z0-9][-a-z0-9]*-[a-z0-9][-a-z0-9]*-[a-z0-9][-a-z0-9]*)$', 2), ` +
  'proxy_upstream_name)';

const status = 'cast(try_cast(status AS bigint) AS varchar)';

describe('the text of a query', () => {
  it('for one route', () => {
    expect(text()).toBe(
      'proxy_upstream_name: "default-a-80" or proxy_alternative_upstream_name: "default-a-80" | ' +
        `SELECT ${effective} AS effective_route, count(*) AS requests, max(__time__) AS newest_second FROM log ` +
        `WHERE __time__ >= 100 AND __time__ < 115 AND ${effective} IN ('default-a-80') ` +
        'GROUP BY effective_route LIMIT 1',
    );
  });

  it('for several routes and aggregates, in a logstore without the alternative column', () => {
    const aggregates = { requests: 'count(*)', seconds: 'sum(request_time)' };
    expect(text({ routes: ['a-b-80', 'c-d-http'], hasAlternative: false, aggregates })).toBe(
      'proxy_upstream_name: "a-b-80" or proxy_upstream_name: "c-d-http" | ' +
        'SELECT proxy_upstream_name AS effective_route, count(*) AS requests, sum(request_time) AS seconds, max(__time__) AS newest_second FROM log ' +
        "WHERE __time__ >= 100 AND __time__ < 115 AND proxy_upstream_name IN ('a-b-80', 'c-d-http') " +
        'GROUP BY effective_route LIMIT 2',
    );
  });

  it('for every route names no route', () => {
    expect(text({ routes: routes(201), everyRoute: true })).toBe(
      `* | SELECT ${effective} AS effective_route, count(*) AS requests, max(__time__) AS newest_second FROM log ` +
        `WHERE __time__ >= 100 AND __time__ < 115 AND ${effective} IS NOT NULL ` +
        'GROUP BY effective_route LIMIT 100000',
    );
  });

  it('for the whole logstore', () => {
    expect(text({ routes: undefined })).toBe(
      '* | SELECT count(*) AS requests, max(__time__) AS newest_second, count(*) AS lines FROM log WHERE __time__ >= 100 AND __time__ < 115 LIMIT 1',
    );
  });

  it('for the lines of the last seconds reads as far back as the longest of them', () => {
    const lastSeconds = [3, 15, 60];
    expect(text({ routes: undefined, aggregates: {}, lastSeconds })).toBe(
      '* | SELECT count_if(__time__ >= 112) AS last_3, count_if(__time__ >= 100) AS last_15, count_if(__time__ >= 55) AS last_60, ' +
        'max(__time__) AS newest_second, count(*) AS lines FROM log WHERE __time__ >= 55 AND __time__ < 115 LIMIT 1',
    );
    const window = { startSeconds: 15, endSeconds: 115 };
    expect(text({ routes: undefined, window, lastSeconds })).toContain('__time__ >= 15 AND __time__ < 115');
  });

  it('for the lines of each second has a LIMIT of one row per second', () => {
    expect(secondCountsText(statement.window)).toBe(
      '* | SELECT __time__ AS unix_second, count(*) AS lines FROM log ' +
        'WHERE __time__ >= 100 AND __time__ < 115 GROUP BY __time__ LIMIT 15',
    );
  });
});

describe('filters in the text of a query', () => {
  /** The host, also of a line that the collector misread. */
  const host = String.raw`coalesce(regexp_extract(proxy_alternative_upstream_name, '([^ ]+) \[[^\[]*$', 1), host)`;

  it('become conditions of the SQL, with the columns of the kind of log', () => {
    const filters = { host: anyOf('api.example.com'), method: anyOf('POST'), status: anyOf('5xx') };
    expect(text({ filters, routes: undefined })).toContain(
      `WHERE __time__ >= 100 AND __time__ < 115 AND ${host} = 'api.example.com' AND method = 'POST' ` +
        `AND ${status} LIKE '5__' LIMIT 1`,
    );
    expect(
      text({ filters: { method: anyOf('GET'), status: anyOf('404') }, logKind: ingressLogs['alb-ingress'] }),
    ).toContain(`AND request_method = 'GET' AND ${status} = '404' AND slb_pool_name IN`);
  });

  it('name sets of values, and all others with the lines that lack the column', () => {
    const filters = { host: noneOf('5xx'), method: anyOf('GET', 'PUT'), status: anyOf('404', '5xx') };
    expect(text({ filters })).toContain(
      `(${host} IS NULL OR NOT (${host} = '5xx')) AND method IN ('GET', 'PUT') ` +
        `AND (${status} = '404' OR ${status} LIKE '5__') AND coalesce`,
    );
    expect(text({ filters: { status: noneOf('2xx', '3xx') } })).toContain(
      `(${status} IS NULL OR ` + `NOT (${status} LIKE '2__' OR ${status} LIKE '3__')) AND coalesce`,
    );
  });

  it('cannot break out of their SQL literal', () => {
    const hostile = "a' OR 'a' = 'a";
    expect(text({ filters: { host: anyOf(hostile) } })).toContain(`${host} = 'a'' OR ''a'' = ''a'`);
    expect(text({ filters: { host: noneOf('b', hostile) } })).toContain(
      `(${host} IS NULL OR NOT (${host} IN ('b', 'a'' OR ''a'' = ''a')))`,
    );
  });
});

describe('the search of a query', () => {
  const search = (changes: Partial<Statement>) => text(changes).split(' | ')[0];

  it('names the routes while it stays within the 30 conditions of SLS', () => {
    expect(search({ routes: routes(15) })?.split(' or ')).toHaveLength(30);
    expect(search({ routes: routes(16) })).toBe('*');
    expect(search({ routes: routes(30), hasAlternative: false })?.split(' or ')).toHaveLength(30);
    expect(search({ routes: routes(31), hasAlternative: false })).toBe('*');
  });

  it.each([`a" or *`, 'a|b', 'a\\', '*', 'a b', 'a:b', 'ü', '', '\n', 'a?', '(a)'])(
    'leaves a route to the SQL if the index could split it or it has a meaning in the search: %j',
    (route) => {
      expect(search({ routes: ['default-a-80', route] })).toBe('*');
    },
  );
});

describe('the SQL of a query', () => {
  const literal = (route: string) => `'${route.replaceAll("'", "''")}'`;

  it('contains any route as one literal, and a LIMIT that is enough for all routes', () => {
    const anyRoutes = fc.uniqueArray(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(anyRoutes, fc.boolean(), (names, hasAlternative) => {
        const query = text({ routes: names, hasAlternative });
        const list = names.map(literal).join(', ');
        expect(query.endsWith(` IN (${list}) GROUP BY effective_route LIMIT ${names.length}`)).toBe(true);
      }),
    );
  });
});

describe('the route of a line of Envoy', () => {
  it.each([
    ['mse-ingress', 'outbound|80||web.shop.svc.cluster.local', 'shop-web-80'],
    ['mse-ingress', 'outbound|80|v1|web.shop.svc', 'shop-web-80-v1'],
    ['mse-ingress', 'outbound|443||api.dns', 'other:outbound|443||api.dns'],
    ['mse-ingress', 'shop-web-80', 'other:shop-web-80'],
    ['mse-ingress', '-', '-'],
    ['envoy-gateway', 'httproute/shop/web/rule/12/match/0/*', 'shop-web-12'],
    ['envoy-gateway', 'grpcroute/shop/web/rule/0', 'shop-web-0'],
    ['envoy-gateway', 'shop-web-0', 'other:shop-web-0'],
    ['envoy-gateway', '', '-'],
  ] as const)(
    'of %s, %s, is %s: a name of another form is no name that a label can have',
    (kind, backend, route) => {
      expect(ingressLogs[kind].routeOf(backend, '')).toBe(route);
      expect(ingressLogs[kind].sql.route).toContain("ELSE concat('other:', {backend}) END");
    },
  );
});
