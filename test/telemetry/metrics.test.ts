import { describe, expect, it } from 'vitest';
import { AdapterError, type ErrorCode } from '../../src/errors.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import type { AdapterState } from '../../src/telemetry/metrics/state-metrics.ts';
import { stateWith } from './adapter-state.ts';

const read = { namespace: 'shop', metric: 'sls_ingress_qps', selector: '' };
const requestId = 'req-1';
const served = {
  read,
  requestId,
  user: 'hpa',
  error: undefined,
  source: 'fresh',
  ageMs: 12_000,
  durationMs: 0.4,
} as const;
const failed = (code: ErrorCode, metric = read.metric) => ({
  read: { ...read, metric },
  requestId,
  user: 'hpa',
  error: new AdapterError(code, 'no'),
  source: undefined,
  ageMs: undefined,
  durationMs: 30,
});
const query = { project: 'p', logstore: 'l', durationMs: 80, processedRows: 7, processedBytes: 2800 };
const noQuery = { processedRows: undefined, processedBytes: undefined };

/** Returns the matching lines of the exposition, without the prefix of the names. */
async function linesOf(metrics: Metrics, about: RegExp): Promise<string[]> {
  const lines = String(await metrics.exposition())
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  return lines.map((line) => line.replace(/^sls_metrics_adapter_/, '')).filter((line) => about.test(line));
}

const watching = (state: Partial<AdapterState>) => {
  const metrics = new Metrics();
  metrics.watch(stateWith(state));
  return metrics;
};

describe('event metrics', () => {
  it('count reads by metric, code and source, with their duration and the age of their readings', async () => {
    const metrics = new Metrics();
    const { observer } = metrics;
    observer.readFinished?.(served);
    observer.readFinished?.(served);
    observer.readFinished?.({ ...served, source: 'stale', ageMs: 70_000, durationMs: 2000 });
    observer.readFinished?.(failed('SlsTimeout'));
    const counted = [
      'reads_total{metric="sls_ingress_qps",code="SlsTimeout",source="none",client="api"} 1',
      'reads_total{metric="sls_ingress_qps",code="ok",source="fresh",client="api"} 2',
      'reads_total{metric="sls_ingress_qps",code="ok",source="stale",client="api"} 1',
    ];
    // A second scrape shows the same counts.
    for (let scrape = 0; scrape < 2; scrape += 1)
      expect((await linesOf(metrics, /^reads_total/)).sort()).toEqual(counted);
    expect(await linesOf(metrics, /^read_duration_seconds.*(le="0\.0005"|_count).*fresh/)).toEqual([
      'read_duration_seconds_bucket{le="0.0005",source="fresh"} 2',
      'read_duration_seconds_count{source="fresh"} 2',
    ]);
    expect(await linesOf(metrics, /^reading_age_seconds_(bucket.le="(10|15|60|90)"|count|sum)/)).toEqual([
      'reading_age_seconds_bucket{le="10"} 0',
      'reading_age_seconds_bucket{le="15"} 2',
      'reading_age_seconds_bucket{le="60"} 2',
      'reading_age_seconds_bucket{le="90"} 3',
      'reading_age_seconds_sum 94',
      'reading_age_seconds_count 3',
    ]);
  });

  it('count SLS queries by project, outcome and code, with the rows and bytes that SLS processed', async () => {
    const metrics = new Metrics();
    const { observer } = metrics;
    for (const outcome of ['ok', 'ok', 'SlsThrottled', 'Canceled'] as const)
      observer.slsQueryFinished?.({ ...query, ...(outcome === 'ok' ? {} : noQuery), outcome });
    observer.batchSent?.({ project: 'p', logstore: 'l', series: 40, reason: 'due' });
    observer.windowShrunk?.({ metric: 'sls_ingress_qps' });
    observer.circuitOpened?.({ project: 'p', error: new AdapterError('SlsTimeout', 'no'), openMs: 1 });
    expect(await linesOf(metrics, /^sls_(queries|processed|circuit|batches)|sls_.*_count|^shrunk/)).toEqual([
      'sls_queries_total{project="p",outcome="ok",code="ok"} 2',
      'sls_queries_total{project="p",outcome="failed",code="SlsThrottled"} 1',
      'sls_queries_total{project="p",outcome="canceled",code="Canceled"} 1',
      'sls_query_duration_seconds_count{project="p"} 4',
      'sls_processed_bytes_total{project="p"} 5600',
      'sls_circuit_openings_total{project="p"} 1',
      'sls_batch_series_count 1',
      'sls_batches_total{reason="due"} 1',
      'shrunk_readings_total{metric="sls_ingress_qps"} 1',
    ]);
  });

  it('count events of the API server and of the serving certificate', async () => {
    const metrics = new Metrics();
    const { observer } = metrics;
    const path = '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers';
    observer.watchEnded?.({ path, reason: 'expired', message: '410', retryInMs: 1 });
    observer.reviewFailed?.({ kind: 'TokenReview', message: 'no', attempts: 3 });
    observer.servingPairUnusable?.(new AdapterError('ConfigInvalid', 'no'));
    observer.requestRefused?.({ method: 'GET', path: '/', error: new AdapterError('Forbidden', 'no') });
    expect(await linesOf(metrics, /^(kube|serving|requests)_/)).toEqual([
      'requests_refused_total{code="Forbidden"} 1',
      'kube_watch_ends_total{resource="horizontalpodautoscalers",reason="expired"} 1',
      'kube_reviews_failed_total{kind="TokenReview"} 1',
      'serving_certificate_failures_total 1',
    ]);
  });
});

describe('labels with names that clients choose', () => {
  it('count reads of metrics that are not served as metric "other"', async () => {
    const metrics = new Metrics();
    for (const code of ['MetricUnknown', 'SelectorMalformed'] as const)
      for (let one = 0; one < 300; one++) metrics.observer.readFinished?.(failed(code, `unknown-${one}`));
    metrics.observer.readFinished?.(failed('LabelMissing'));
    expect(await linesOf(metrics, /^reads_total/)).toEqual([
      'reads_total{metric="other",code="MetricUnknown",source="none",client="api"} 300',
      'reads_total{metric="other",code="SelectorMalformed",source="none",client="api"} 300',
      'reads_total{metric="sls_ingress_qps",code="LabelMissing",source="none",client="api"} 1',
    ]);
  });

  it('have 100 projects, and add up the rest as "other"', async () => {
    const endpoint = 'https://cn-beijing.log.aliyuncs.com';
    const counts = { endpoint, running: 1, waiting: 2, circuit: 'closed' } as const;
    const names = Array.from({ length: 102 }, (_, index) => `p${index}`);
    const metrics = watching({
      projects: () =>
        names.map((project) => ({ ...counts, project, circuit: project === 'p101' ? 'open' : 'closed' })),
    });
    for (const project of names) metrics.observer.slsQueryFinished?.({ ...query, project, outcome: 'ok' });
    expect(await linesOf(metrics, /^sls_queries_total/)).toHaveLength(101);
    expect(await linesOf(metrics, /^sls_(queries|circuit_state).*other.* [^0]/)).toEqual([
      'sls_queries_total{project="other",outcome="ok",code="ok"} 2',
      'sls_queries_running{project="other"} 2',
      'sls_queries_waiting{project="other"} 4',
      'sls_circuit_state{project="other",state="open"} 1',
    ]);
  });

  it('give made-up projects no label that a real one needs, and no longer count them by name then', async () => {
    const metrics = new Metrics();
    for (let one = 0; one < 3000; one++)
      metrics.observer.slsQueryFinished?.({
        ...query,
        project: `made-up-${one}`,
        outcome: 'ProjectNotFound',
      });
    metrics.observer.slsQueryFinished?.({ ...query, project: 'real', outcome: 'ok' });
    await new Promise(setImmediate);
    const lines = await linesOf(metrics, /^sls_quer/);
    expect(lines).toContain('sls_queries_total{project="real",outcome="ok",code="ok"} 1');
    expect(lines.join()).toContain('sls_query_duration_seconds_count{project="real"} 1');
    expect(lines.join()).not.toContain('"made-up-0"');
    expect(lines.filter((line) => line.startsWith('sls_queries_total'))).toHaveLength(101);
  });

  it('have 200 logstores, and show the longest delay of the rest as "other"', async () => {
    const endpoint = parseEndpointUrl('http://127.0.0.1:1');
    const learned = Array.from({ length: 202 }, (_, index) => ({
      address: { endpoint, project: 'p', logstore: `l${index}` },
      delaySeconds: index,
      saturated: index === 201,
      probedAtMs: undefined,
    }));
    const metrics = watching({ delays: () => learned });
    expect(await linesOf(metrics, /^learned_delay_seconds/)).toHaveLength(201);
    expect(await linesOf(metrics, /^learned_delay.*(l199|other)/)).toEqual([
      'learned_delay_seconds{project="p",logstore="l199"} 199',
      'learned_delay_seconds{project="p",logstore="other"} 201',
      'learned_delay_saturated{project="p",logstore="l199"} 0',
      'learned_delay_saturated{project="p",logstore="other"} 1',
    ]);
  });
});

describe('state gauges', () => {
  it('show the age of the newest line of each logstore, and which logstores are silent', async () => {
    const endpoint = parseEndpointUrl('http://127.0.0.1:1');
    const silence = {
      ...{ lastSeconds: 940, nextSeconds: undefined, linesAMinuteBefore: 540 },
      ...{ hasOtherLines: false, isHeld: true },
    };
    const of = (logstore: string, newestSeconds: number) => ({
      address: { endpoint, project: 'p', logstore },
      newestSeconds,
    });
    const metrics = watching({
      nowMs: () => 1_000_000,
      logstores: () => [
        { ...of('lives', 993), silence: undefined },
        { ...of('silent', 940), silence },
        { ...of('empty', -Infinity), silence: undefined },
      ],
    });
    expect(await linesOf(metrics, /^(newest_line|logstore_silent)/)).toEqual([
      'newest_line_age_seconds{project="p",logstore="lives"} 7',
      'newest_line_age_seconds{project="p",logstore="silent"} 60',
      'logstore_silent{project="p",logstore="lives"} 0',
      'logstore_silent{project="p",logstore="silent"} 1',
    ]);
  });

  it('show the state at the scrape, and drop values that are gone', async () => {
    const identities = [
      { name: 'rrsa', expiresAtMs: 1_800_000_000_000, failing: true },
      { name: 'environment', expiresAtMs: undefined, failing: false },
    ];
    const metrics = watching({
      identities: () => identities,
      synced: () => [
        { resource: 'configmaps', namespace: 'kube-system', synced: true, lastSyncMs: 1_700_000_000_500 },
        { resource: 'apiservices', namespace: undefined, synced: false, lastSyncMs: undefined },
      ],
      series: () => ({ held: 3, wanted: 2, most: 10 }),
      certificateExpiresAtMs: () => 1_900_000_000_000,
    });
    expect(
      await linesOf(metrics, /^(credentials|kube_synced|kube_last|series|serving_certificate_expiry)/),
    ).toEqual([
      'series 3',
      'series_wanted 2',
      'series_limit 10',
      'serving_certificate_expiry_timestamp_seconds 1900000000',
      'credentials_expiry_timestamp_seconds{identity="rrsa"} 1800000000',
      'credentials_failing{identity="rrsa"} 1',
      'credentials_failing{identity="environment"} 0',
      'kube_synced{resource="configmaps",namespace="kube-system"} 1',
      'kube_synced{resource="apiservices",namespace=""} 0',
      'kube_last_sync_timestamp_seconds{resource="configmaps",namespace="kube-system"} 1700000000.5',
    ]);
    identities.length = 0;
    expect(await linesOf(metrics, /^credentials/)).toEqual([]);
  });

  it('add up a project that is queried at two endpoints, and show its worse circuit state', async () => {
    const one = { project: 'p', running: 1, waiting: 0 };
    const metrics = watching({
      projects: () => [
        { ...one, endpoint: 'https://a', circuit: 'half-open' },
        { ...one, endpoint: 'https://b', circuit: 'closed' },
      ],
    });
    expect(await linesOf(metrics, /^sls_(queries_running|circuit_state)/)).toEqual([
      'sls_queries_running{project="p"} 2',
      'sls_circuit_state{project="p",state="closed"} 0',
      'sls_circuit_state{project="p",state="half-open"} 1',
      'sls_circuit_state{project="p",state="open"} 0',
    ]);
  });
});

it('writes one exposition for scrapes at the same time', async () => {
  let reads = 0;
  const series = () => {
    reads += 1;
    return { held: 0, wanted: 0, most: 0 };
  };
  const metrics = watching({ series });
  const [one, other] = await Promise.all([metrics.exposition(), metrics.exposition()]);
  expect(other).toBe(one);
  const once = reads;
  await metrics.exposition();
  expect(reads).toBe(2 * once);
});

it('keeps the metrics of two services apart', async () => {
  const [one, other] = [new Metrics(), new Metrics()];
  one.observer.readFinished?.(served);
  expect(await linesOf(one, /^reads_total/)).toHaveLength(1);
  expect(await linesOf(other, /^reads_total/)).toEqual([]);
});
