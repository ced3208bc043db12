import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { findMetric, listMetrics } from '../../src/metric/catalog.ts';

describe('catalog', () => {
  it('lists its metrics by name, each once', () => {
    const names = listMetrics().map(({ name }) => name);
    expect(names).toContain('sls_ingress_qps');
    expect(names).toEqual([...new Set(names)].sort());
  });

  it('finds each metric that it lists', () => {
    for (const metric of listMetrics()) expect(findMetric(metric.name)).toBe(metric);
  });

  it.each(['sls_ingress_qp', 'SLS_INGRESS_QPS', '', '__proto__', 'toString'])(
    'knows no metric %j',
    (name) => {
      expect(() => findMetric(name)).toThrow(
        new AdapterError(
          'MetricUnknown',
          `the server could not find the metric ${name} for external.metrics.k8s.io`,
        ),
      );
    },
  );

  it('lets an aggregate name mean one expression in all metrics of a kind of log, since they share a query', () => {
    const meanings = listMetrics().flatMap(({ logKind, aggregates }) =>
      Object.entries(aggregates).map(([alias, sql]) => [`${logKind} ${alias}`, sql] as const),
    );
    const expressions = Map.groupBy(meanings, ([alias]) => alias);
    for (const [alias, entries] of expressions) {
      expect([alias, new Set(entries.map(([, sql]) => sql)).size]).toEqual([alias, 1]);
    }
    expect(expressions.size).toBeGreaterThan(0);
  });

  it('names aggregates as SQL takes them without quotes', () => {
    const aliases = listMetrics().flatMap(({ aggregates }) => Object.keys(aggregates));
    for (const alias of aliases) expect(alias).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(aliases).toContain('requests');
  });

  it('has a name that a path can hold, a description and a unit for each', () => {
    for (const { name, description, unit } of listMetrics()) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(description).not.toBe('');
      expect(unit).not.toBe('');
    }
  });
});

describe('sls_ingress_qps', () => {
  const { value, emptyValue } = findMetric('sls_ingress_qps');

  it('is the requests of the window by its seconds, fraction and all', () => {
    expect(value({ requests: 126 }, 16)).toBe(7.875);
    expect(value({ requests: 1 }, 16)).toBe(0.0625);
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 3600 }), (requests, seconds) => {
        expect(value({ requests }, seconds)).toBe(requests / seconds);
      }),
    );
  });

  it('is 0 where nothing was logged', () => {
    expect(emptyValue).toBe(0);
  });

  it('is no number without its aggregate', () => {
    expect(value({}, 15)).toBeNaN();
  });
});
