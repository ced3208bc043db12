import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { unreadableLines } from '../../src/metric/measures.ts';
import { findMetric, listMetrics } from '../support/catalog.ts';
import { metricsOf } from '../../src/metric/catalog.ts';
import { isIngressLog } from '../../src/metric/log-kind.ts';
import { mseIngress } from '../../src/metric/log-kinds/mse-ingress.ts';

describe('catalog', () => {
  it('lists each metric once, sorted by name', () => {
    const names = listMetrics().map(({ name }) => name);
    expect(names).toContain('sls_ingress_qps');
    expect(names).toEqual([...new Set(names)].sort());
  });

  it('finds each metric that it lists', () => {
    for (const metric of listMetrics()) expect(findMetric(metric.name)).toBe(metric);
  });

  it.each(['sls_ingress_qp', 'SLS_INGRESS_QPS', '', '__proto__', 'toString'])(
    'does not find the metric %j',
    (name) => {
      expect(() => findMetric(name)).toThrow(
        new AdapterError(
          'MetricUnknown',
          `the server could not find the metric ${name} for external.metrics.k8s.io`,
        ),
      );
    },
  );

  it('has one expression for each aggregate name of a kind of log, because metrics share a query', () => {
    const meanings = listMetrics().flatMap(({ logKind, aggregates }) =>
      Object.entries(aggregates).map(([alias, sql]) => [`${JSON.stringify(logKind)} ${alias}`, sql] as const),
    );
    const expressions = Map.groupBy(meanings, ([alias]) => alias);
    for (const [alias, entries] of expressions) {
      expect([alias, new Set(entries.map(([, sql]) => sql)).size]).toEqual([alias, 1]);
    }
    expect(expressions.size).toBeGreaterThan(0);
  });

  it('has aggregate names that need no quotes in SQL', () => {
    const aliases = listMetrics().flatMap(({ aggregates }) => Object.keys(aggregates));
    for (const alias of aliases) expect(alias).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(aliases).toContain('requests');
  });

  it('has for each metric a name that fits in a path, a description and a unit', () => {
    for (const { name, description, unit } of listMetrics()) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(description).not.toBe('');
      expect(unit).not.toBe('');
    }
  });
});

describe('the metrics', () => {
  const suffixes = [
    'concurrency',
    'concurrency_forecast',
    'error_ratio',
    'inflow',
    'latency_avg',
    'latency_p50',
    'latency_p95',
    'latency_p99',
    'latency_p9999',
    'outflow',
    'qps',
    'qps_forecast',
    'requests',
    'status_qps',
    'upstream_latency_avg',
    'upstream_latency_p50',
    'upstream_latency_p95',
    'upstream_latency_p99',
  ];

  it.each([
    ['nginx-ingress', 'sls_ingress_'],
    ['alb-ingress', 'sls_alb_ingress_'],
    ['mse-ingress', 'sls_mse_ingress_'],
    ['envoy-gateway', 'sls_envoy_gateway_'],
  ])('of %s are all that there are, and begin with %s', (kind, prefix) => {
    const names = listMetrics().flatMap(({ name, logKind }) =>
      isIngressLog(logKind) && logKind.kind === kind ? [name] : [],
    );
    expect(names).toEqual(suffixes.map((suffix) => `${prefix}${suffix}`));
    expect(listMetrics()).toHaveLength(4 * suffixes.length);
  });

  it('are left out for a kind of log that lacks their column', () => {
    const { requestBytes, upstreamTime, ...columns } = mseIngress.columns;
    expect([requestBytes?.name, upstreamTime?.name]).toEqual(['bytes_received', 'upstream_service_time']);
    const names = metricsOf({ ...mseIngress, columns }).map(({ name }) => name);
    const there = suffixes.filter((suffix) => suffix !== 'inflow' && !suffix.startsWith('upstream_'));
    expect(names.toSorted()).toEqual(there.map((suffix) => `sls_mse_ingress_${suffix}`));
  });

  it.each([
    ['sls_ingress_qps', 'requests/s'],
    ['sls_alb_ingress_qps', 'requests/s'],
    ['sls_ingress_latency_avg', 'ms'],
    ['sls_ingress_latency_p50', 'ms'],
    ['sls_ingress_latency_p95', 'ms'],
    ['sls_ingress_latency_p99', 'ms'],
    ['sls_ingress_latency_p9999', 'ms'],
    ['sls_ingress_inflow', 'bytes/s'],
  ])(
    '%s has the unit of the stock adapter, %s, reads 0 without requests and requires no label',
    (name, unit) => {
      expect(findMetric(name)).toMatchObject({ unit, emptyValue: 0, requires: [] });
    },
  );

  it('approximate only percentiles', () => {
    for (const { name, aggregates } of listMetrics()) {
      const approximate = Object.values(aggregates).filter((sql) => sql.startsWith('approx_'));
      expect([name, approximate.length]).toEqual([name, /_p\d+$/.test(name) ? 1 : 0]);
    }
  });

  it('count their readable lines', () => {
    for (const { aggregates, readable } of listMetrics()) {
      expect(aggregates['requests']).toBe('count(*)');
      for (const alias of readable?.counts ?? []) expect(aggregates[alias]).toMatch(/^count(_if)?\(/);
    }
    const unguarded = listMetrics().filter(({ readable }) => readable === undefined);
    expect(new Set(unguarded.map(({ name }) => name.replace(/^sls_.*(ingress|gateway)_/, '')))).toEqual(
      new Set(['qps', 'qps_forecast', 'requests', 'status_qps']),
    );
  });

  it('tolerate one unreadable line in a hundred, or one in ten for upstream times', () => {
    for (const { readable } of listMetrics()) {
      if (readable === undefined) continue;
      const { column, counts } = readable;
      const most = column.includes('upstream') ? 10 : 100;
      const [counted = '', ...others] = counts;
      const none = Object.fromEntries(others.map((alias) => [alias, 0]));
      const unreadable = (lines: number) =>
        unreadableLines({ requests: lines, [counted]: lines - 1, ...none }, readable);
      expect(unreadable(most)).toBeUndefined();
      expect(unreadable(most - 1)).toEqual({
        what: `more than one in ${most} log lines has no number in ${column} that can be read`,
        counted: `1 of ${most - 1} log lines`,
      });
    }
  });

  it('are NaN without their aggregates', () => {
    for (const { value } of listMetrics()) expect(value({}, 15)).toBeNaN();
  });
});

describe('sls_ingress_qps', () => {
  const { value, emptyValue } = findMetric('sls_ingress_qps');

  it('divides the requests of the window by its seconds exactly', () => {
    expect(value({ requests: 126 }, 16)).toBe(7.875);
    expect(value({ requests: 1 }, 16)).toBe(0.0625);
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 3600 }), (requests, seconds) => {
        expect(value({ requests }, seconds)).toBe(requests / seconds);
      }),
    );
  });

  it('is 0 if nothing was logged', () => {
    expect(emptyValue).toBe(0);
  });

  it('is NaN without its aggregate', () => {
    expect(value({}, 15)).toBeNaN();
  });
});
