import { expect, it } from 'vitest';
import { telemetrySection } from '../../../src/config/schema.ts';
import { SampleStore } from '../../../src/reading/sample-store.ts';
import { Metrics } from '../../../src/telemetry/metrics.ts';
import { SeriesGauges } from '../../../src/telemetry/metrics/series-gauges.ts';
import { seriesWith } from '../../reading/series.ts';
import { TestClock } from '../../support/test-clock.ts';
import { anyOf, noneOf } from '../../support/choices.ts';

const clock = new TestClock();
const window = { startSeconds: 0, endSeconds: 15 };
const run = () => ({ plannedAtMs: clock.monotonicMs(), delaySeconds: 10 });

const filledStore = () => {
  const store = new SampleStore(1000);
  const put = (route: string, value: number) => store.put(seriesWith({ route }), { value, window }, run());
  return {
    store,
    put,
    source: { all: () => store.all(), maxStaleMsOf: () => 60_000, monotonicMs: clock.monotonicMs },
  };
};

const routesOf = (gauges: SeriesGauges) => gauges.read().map(({ labels }) => labels['route']);

it('gives gauges to a limited number of series, which keep them, and counts the other series', () => {
  const { put, source } = filledStore();
  const gauges = new SeriesGauges(2, source);
  for (const route of ['a', 'b', 'c', 'd']) put(route, 1);
  const first = routesOf(gauges);
  expect([first.length, gauges.leftOut]).toEqual([2, 2]);
  for (const route of ['c', 'a', 'd', 'b']) put(route, 2);
  expect(routesOf(gauges).sort()).toEqual(first.sort());
  expect(gauges.read().map(({ value }) => value)).toEqual([2, 2]);
});

it('drops the gauge of a series whose reading may not be served any more, and gives it to another series', () => {
  const { store, put, source } = filledStore();
  const gauges = new SeriesGauges(1, source);
  put('a', 1);
  expect(routesOf(gauges)).toEqual(['a']);
  clock.advance(59_000);
  put('b', 1);
  expect([routesOf(gauges), gauges.leftOut]).toEqual([['a'], 1]);
  clock.advance(2000);
  expect([routesOf(gauges), gauges.leftOut]).toEqual([['b'], 0]);
  store.forget(() => true);
  expect(routesOf(gauges)).toEqual([]);
});

it('goes by the maxStale of the project of each series', () => {
  const { store, source } = filledStore();
  const gauges = new SeriesGauges(9, {
    ...source,
    maxStaleMsOf: (project) => (project === 'p1' ? 60_000 : 1000),
  });
  const projects = ['p1', 'p2', 'p1', 'p2'];
  for (const [index, project] of projects.entries())
    store.put(seriesWith({ project, route: `${index}` }), { value: index, window }, run());
  clock.advance(2000);
  expect(routesOf(gauges)).toEqual(['0', '2']);
});

it('gives different labels to series that differ in any part', async () => {
  const { store, source } = filledStore();
  const metrics = new Metrics();
  metrics.watchSeries(20, source);
  const all = [
    {},
    { route: undefined },
    { delaySeconds: 3 },
    { intervalSeconds: 60 },
    { internalEndpoint: false },
    { windowMode: 'adaptive' as const },
    { filters: { status: anyOf('5xx') } },
    { filters: { status: noneOf('5xx') } },
    { filters: { status: anyOf('404', '5xx') } },
    { filters: { own: { queue: 'a', region: 'b' } } },
    { filters: { own: { queue: 'a', region: 'c' } } },
    { filters: { own: { queue: 'a&region=c' } } },
  ];
  for (const one of all) store.put(seriesWith({ route: 'say "hi"', ...one }), { value: 1.5, window }, run());
  const lines = String(await metrics.exposition())
    .split('\n')
    .filter((line) => line.startsWith('sls_metrics_adapter_external_metric_value{'));
  expect(new Set(lines).size).toBe(all.length);
  expect(lines).toContain(
    'sls_metrics_adapter_external_metric_value{metric="sls_ingress_qps",project="p1",logstore="nginx-ingress",route="say \\"hi\\"",interval="15"} 1.5',
  );
  expect(lines).toContain(
    'sls_metrics_adapter_external_metric_value{metric="sls_ingress_qps",project="p1",logstore="nginx-ingress",route="say \\"hi\\"",own="queue=a&region=b",interval="15"} 1.5',
  );
});

it('keeps /metrics below 1 MB with 10,000 series with long names', async () => {
  const store = new SampleStore(10_000);
  for (let index = 0; index < 10_000; index++) {
    const route = `production-team-${index % 50}-recommendation-service-${index}-http`;
    const place = { project: 'k8s-log-c0123456789abcdef0123456789abcdef0', route };
    store.put(seriesWith(place), { value: index / 7, window }, run());
  }
  const metrics = new Metrics();
  const source = { all: () => store.all(), maxStaleMsOf: () => 60_000, monotonicMs: clock.monotonicMs };
  metrics.watchSeries(telemetrySection.parse({ maxSeriesValues: 4000 }).maxSeriesValues, source);
  const text = String(await metrics.exposition());
  expect(text.match(/^sls_metrics_adapter_external_metric_value\{/gm)).toHaveLength(4000);
  expect(text).toContain('\nsls_metrics_adapter_external_metric_values_left_out 6000\n');
  expect(Buffer.byteLength(text)).toBeLessThan(1e6);
  expect(telemetrySection.safeParse({ maxSeriesValues: 4001 }).success).toBe(false);
});
