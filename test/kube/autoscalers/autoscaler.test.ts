import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { autoscalerOf } from '../../../src/kube/autoscalers/autoscaler.ts';
import type { ExternalMetricRef } from '../../../src/metric/external-metric-ref.ts';
import { parseMetricRequest } from '../../../src/metric/metric-request.ts';
import { autoscaler, externalMetric } from '../../support/scripted-autoscalers.ts';
import { builtIn } from '../../support/catalog.ts';
import '../../support/property-seed.ts';

const labels = { 'sls.project': 'shop-logs', 'sls.logstore': 'nginx-ingress' };
const qps = externalMetric('sls_ingress_qps', { matchLabels: labels });
const cpu = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } },
};

const metricsOf = (...metrics: readonly unknown[]): readonly ExternalMetricRef[] | undefined =>
  autoscalerOf(autoscaler('shop', 'web', metrics))?.metrics;

describe('what is kept of an HPA', () => {
  it('is its name and its external metrics, from which a request can be made', () => {
    const kept = autoscalerOf(autoscaler('shop', 'web', [cpu, qps, { type: 'Pods', pods: {} }]));
    expect(kept).toMatchObject({
      namespace: 'shop',
      name: 'web',
      metrics: [
        {
          name: 'sls_ingress_qps',
          requirements: [
            { key: 'sls.logstore', operator: '=', values: ['nginx-ingress'] },
            { key: 'sls.project', operator: '=', values: ['shop-logs'] },
          ],
        },
      ],
    });
    const [metric] = kept?.metrics ?? [];
    if (metric === undefined || 'refusal' in metric) throw new Error('no metric');
    const { project, logstore } = parseMetricRequest(metric.name, 'shop', metric.requirements, {}, builtIn);
    expect({ project, logstore }).toEqual({ project: 'shop-logs', logstore: 'nginx-ingress' });
  });

  it('is the same for any order of metrics and labels, and with a repeated metric', () => {
    const turned = externalMetric('sls_ingress_qps', {
      matchLabels: { 'sls.logstore': 'nginx-ingress', 'sls.project': 'shop-logs' },
    });
    const other = externalMetric('sls_ingress_latency_avg');
    const one = autoscalerOf(autoscaler('shop', 'web', [qps, other]));
    expect(autoscalerOf(autoscaler('shop', 'web', [other, turned, turned, cpu]))).toEqual(one);
    expect(one?.metrics).toHaveLength(2);
  });

  it('has nothing of its status', () => {
    const before = autoscalerOf(autoscaler('shop', 'web', [qps]));
    const after = autoscaler('shop', 'web', [qps], { status: { currentReplicas: 9 } });
    expect(autoscalerOf(after)).toEqual(before);
  });

  it.each([
    [
      { type: 'AverageValue', averageValue: '2500m' },
      { kind: 'AverageValue', value: 2.5 },
    ],
    [
      { type: 'AverageValue', averageValue: 10 },
      { kind: 'AverageValue', value: 10 },
    ],
    [
      { type: 'Value', value: '2k' },
      { kind: 'Value', value: 2000 },
    ],
    [{ type: 'AverageValue', averageValue: 'ten' }, undefined],
    [{ type: 'AverageValue', averageValue: '0' }, undefined],
    [undefined, undefined],
  ])('has its target: %j', (target, expected) => {
    const aimed = { ...qps, external: { ...qps.external, target } };
    const [metric] = metricsOf(aimed) ?? [];
    expect(metric?.target).toEqual(expected && { ...expected, minReplicas: 1, maxReplicas: 10 });
  });

  it('has a metric without a selector, and a metric that the adapter will refuse', () => {
    expect(metricsOf(externalMetric('sls_ingress_qps'))).toMatchObject([
      { name: 'sls_ingress_qps', requirements: [] },
    ]);
    const expressions = [{ key: 'team', operator: 'NotIn', values: ['a'] }];
    expect(metricsOf(externalMetric('queue_length', { matchExpressions: expressions }))).toMatchObject([
      { name: 'queue_length', requirements: [{ key: 'team', operator: 'notin', values: ['a'] }] },
    ]);
  });

  it('has a refusal instead of requirements if Kubernetes refuses the selector', () => {
    const [metric] = metricsOf(externalMetric('sls_ingress_qps', { matchLabels: { a: 'b c' } })) ?? [];
    expect(metric).toMatchObject({ name: 'sls_ingress_qps', refusal: { code: 'SelectorMalformed' } });
    expect(metric).not.toHaveProperty('requirements');
  });
});

it('an HPA with thousands of external metrics, or with very long ones, is cut', () => {
  const many = Array.from({ length: 3500 }, (_, n) => externalMetric(`qps-${n}`));
  expect(autoscalerOf(autoscaler('shop', 'web', many.slice(0, 100)))).toMatchObject({ isCut: false });
  const cut = autoscalerOf(autoscaler('shop', 'web', many));
  expect(cut).toMatchObject({ isCut: true });
  expect(cut?.metrics).toHaveLength(100);
  const long = many
    .slice(0, 50)
    .map(({ external }) =>
      externalMetric(external.metric.name, { matchLabels: { ['a'.repeat(5000)]: 'b' } }),
    );
  const kept = autoscalerOf(autoscaler('shop', 'web', long));
  expect(kept?.metrics.length).toBeLessThan(30);
  expect(kept?.bytes).toBeLessThan(40 * 1024);
});

describe('the fingerprint of an HPA', () => {
  const fingerprint = (...metrics: readonly unknown[]) =>
    autoscalerOf(autoscaler('shop', 'web', metrics))?.fingerprint;

  it('differs for any difference of the metrics, also of a refusal', () => {
    const withLabels = (matchLabels: unknown) => externalMetric('qps', { matchLabels });
    const list = [
      [],
      [externalMetric('qps')],
      [externalMetric('latency')],
      [externalMetric('qps'), externalMetric('latency')],
      [withLabels({ a: 'b' })],
      [withLabels({ a: 'c' })],
      [withLabels({ a: 'b', c: '' })],
      [withLabels({ a: 'b c' })],
      [withLabels({ a: 'b d' })],
      [externalMetric('qps', { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] })],
    ].map((metrics) => fingerprint(...metrics));
    expect(new Set(list).size).toBe(list.length);
  });

  it('is empty without external metrics', () => {
    expect(fingerprint(cpu)).toBe('');
  });
});

describe('a malformed HPA', () => {
  it.each<[what: string, object: Readonly<Record<string, unknown>>]>([
    ['no metadata', {}],
    ['metadata null', { metadata: null }],
    ['no namespace', { metadata: { name: 'web' } }],
    ['a number for a name', { metadata: { namespace: 'shop', name: 7 } }],
  ])('is ignored: %s', (_, object) => {
    expect(autoscalerOf(object)).toBeUndefined();
  });

  it.each<[what: string, spec: unknown]>([
    ['no spec', undefined],
    ['a text', 'spec'],
    ['metrics null', { metrics: null }],
    ['metrics an object', { metrics: { type: 'External' } }],
    ['metrics of nulls', { metrics: [null, 1, 'External', []] }],
    ['v2beta1', { metrics: [{ type: 'External', external: { metricName: 'sls_ingress_qps' } }] }],
    ['external missing', { metrics: [{ type: 'External' }] }],
    ['no name', { metrics: [{ type: 'External', external: { metric: {} } }] }],
    ['an empty name', { metrics: [externalMetric('')] }],
    ['another type', { metrics: [{ ...qps, type: 'Object' }] }],
  ])('names no metric: %s', (_, spec) => {
    expect(autoscalerOf({ metadata: { namespace: 'shop', name: 'web' }, spec })?.metrics).toEqual([]);
  });

  it('keeps its metrics that are well-formed', () => {
    expect(metricsOf(null, qps, { type: 'External', external: 3 })).toEqual(metricsOf(qps));
  });

  it('never throws, with any content', () => {
    const external = fc
      .record({ name: fc.jsonValue(), selector: fc.jsonValue() }, { requiredKeys: [] })
      .map((metric) => ({ type: 'External', external: { metric } }));
    const spec = fc.oneof(
      fc.jsonValue(),
      fc.record({ metrics: fc.jsonValue() }),
      fc.record({ metrics: fc.array(fc.oneof(fc.jsonValue(), external)) }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), spec, (metadata, one) => {
        const metrics = autoscalerOf({ metadata, spec: one })?.metrics ?? [];
        for (const metric of metrics) expect(metric.name).not.toBe('');
        expect(autoscalerOf({ metadata: { namespace: 'a', name: 'b' }, spec: one })).toBeDefined();
      }),
      { numRuns: 2000 },
    );
  });
});
