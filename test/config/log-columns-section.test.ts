import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { parseMetricRequest } from '../../src/metric/metric-request.ts';
import { catalogOf } from '../../src/service/catalog.ts';
import { queryText } from '../../src/sls/query-text.ts';
import { parseLabelSelector } from '../../src/grammar/label-selector.ts';

const parse = (logColumns: unknown) => configSchema.safeParse({ sls: { region: 'cn-beijing' }, logColumns });
const faultsOf = (logColumns: unknown) =>
  (parse(logColumns).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

/** Returns the query that reads a metric. */
function queryOf(logColumns: unknown, metric: string, address: string): string {
  const catalog = catalogOf(configSchema.parse({ sls: { region: 'cn-beijing' }, logColumns }));
  const selector = parseLabelSelector(`${address},sls.ingress.route=default-web-80,sls.ingress.method=GET`);
  const request = parseMetricRequest(metric, 'default', selector, {}, catalog);
  return queryText({
    ...request,
    logKind: request.metric.logKind,
    window: { startSeconds: 100, endSeconds: 115 },
    everyRoute: false,
    aggregates: request.metric.aggregates,
    hasAlternative: true,
  });
}

describe('logColumns', () => {
  const columns = { upstream_cluster: 'order', method: 'http.method', duration: 'it"s' };
  const here = 'sls.project=p1,sls.logstore=envoy';

  it('names the columns of one logstore, quoted in SQL', () => {
    const quoted = { ...columns, duration: 'duration:ms' };
    const text = queryOf([{ logstore: 'envoy', columns: quoted }], 'sls_mse_ingress_latency_p95', here);
    expect(text).toContain(`approx_percentile(try_cast("duration:ms" AS double), 0.95)`);
    expect(text).toContain(`AND "http.method" = 'GET' AND CASE WHEN regexp_like("order", `);
    expect(text).not.toMatch(/upstream_cluster|[^:]duration AS|[ (]method/);
  });

  it('leaves other logstores, projects and metrics alone', () => {
    const entry = { project: 'p1', logstore: 'envoy', columns: { upstream_cluster: 'cluster' } };
    const plain = (metric: string, address: string) =>
      expect(queryOf([entry], metric, address)).toBe(queryOf([], metric, address));
    plain('sls_mse_ingress_qps', 'sls.project=p2,sls.logstore=envoy');
    plain('sls_mse_ingress_qps', 'sls.project=p1,sls.logstore=other');
    plain('sls_ingress_qps', here);
    expect(queryOf([entry], 'sls_mse_ingress_qps', here)).toContain('"cluster"');
  });

  it('finds the lines of a renamed route column without a search, whose syntax takes no such name', () => {
    const text = queryOf(
      [{ logstore: 'nginx', columns: { proxy_upstream_name: 'content.upstream' } }],
      'sls_ingress_qps',
      'sls.project=p1,sls.logstore=nginx',
    );
    expect(text).toMatch(/^\* \| SELECT /);
    expect(text).toContain('"content.upstream"');
  });

  it('shows a renamed column in messages about lines that cannot be read', () => {
    const catalog = catalogOf(
      configSchema.parse({
        sls: { region: 'cn-beijing' },
        logColumns: [{ logstore: 'envoy', columns: { duration: 'took_ms' } }],
      }),
    );
    const metric = catalog.find('sls_mse_ingress_latency_avg');
    const there = catalog.inLogstore(metric, { project: 'p1', logstore: 'envoy' });
    expect(there.readable?.column).toBe('took_ms');
    expect(metric.readable?.column).toBe('duration');
  });

  it('refuses names that no gateway writes, and names that no column can have', () => {
    expect(parse([{ logstore: 'envoy', columns: { authority: ':authority' } }]).success).toBe(true);
    expect(faultsOf([{ logstore: 'envoy', columns: { cluster: 'x' } }])[0]).toMatch(
      /^logColumns.0.columns.*: must have names that a gateway writes: :authority, authority, /,
    );
    expect(faultsOf([{ logstore: 'envoy', columns }])).toEqual([
      'logColumns.0.columns.duration: must be the name of a column, such as model or __tag__:_container_name_',
    ]);
    expect(faultsOf([{ logstore: 'envoy' }])[0]).toMatch(/^logColumns.0.columns: must be a mapping of names/);
    expect(faultsOf({})).toEqual(['logColumns: must be a list of logstores']);
  });
});
