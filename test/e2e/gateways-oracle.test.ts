import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { AccessLogReader } from '../../emulator/ingest/access-log-reader.ts';
import { parseLabelSelector } from '../../src/grammar/label-selector.ts';
import { createCatalog } from '../../src/metric/catalog.ts';
import { parseMetricRequest } from '../../src/metric/metric-request.ts';
import { outcomeFromResult, planBatches } from '../../src/reading/plan.ts';
import { AggregateSource } from '../../src/sls/aggregate-source.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { endSeconds, intervalSeconds, kinds, requestsOf, type Request } from './oracle/gateway-requests.ts';
import { alive, createClient } from '../sls/sls-client.ts';

const project = 'k8s-log-c1';
const storeOf = (kind: string) => kind.toLowerCase().replace(/[^a-z]+/g, '-');
const client = createClient({ readTimeoutMs: 30_000 }).client;
let emulator: Emulator;
beforeAll(async () => {
  const clock = { now: () => (endSeconds + 10) * 1000 };
  const logstores = Object.entries(kinds).map(([kind, { index }]) => ({
    project,
    logstore: storeOf(kind),
    index,
  }));
  emulator = await startEmulator({ clock, logstores, sqlConcurrency: 100 });
  for (const [kind, { routes, canary, text }] of Object.entries(kinds)) {
    const reader = new AccessLogReader({ clock });
    const records = requestsOf(7, routes, canary).flatMap(
      (request) => reader.read({ kind: 'line', text: text(request, { routes }) }) ?? [],
    );
    expect([kind, reader.counts.unparsed]).toEqual([kind, 0]);
    await emulator.sink(project, storeOf(kind)).append(records);
  }
});
afterAll(async () => {
  client.close();
  await emulator.stop();
});

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** The reading of some requests, counted from the requests themselves; a pair: the range of an estimate. */
function truths(requests: readonly Request[]): Readonly<Record<string, number | readonly [number, number]>> {
  const count = requests.length;
  const times = requests.map(({ requestMs }) => requestMs);
  const upstreams = requests.flatMap(({ upstreamMs }) => upstreamMs ?? []);
  const average = (ms: readonly number[]) => (ms.length === 0 ? 0 : sum(ms) / ms.length);
  const percentile = (ms: readonly number[], share: number): readonly [number, number] => {
    const sorted = ms.toSorted((one, other) => one - other);
    const rank = Math.ceil(share * sorted.length) - 1;
    return [sorted[Math.max(0, rank - 1)] ?? 0, sorted[Math.min(sorted.length - 1, rank + 1)] ?? 0];
  };
  return {
    qps: count / intervalSeconds,
    requests: count,
    error_ratio: count === 0 ? 0 : requests.filter(({ status }) => status >= 500).length / count,
    concurrency: sum(times) / 1000 / intervalSeconds,
    inflow: sum(requests.map(({ bytesIn }) => bytesIn)) / intervalSeconds,
    outflow: sum(requests.map(({ bytesOut }) => bytesOut)) / intervalSeconds,
    latency_avg: average(times),
    latency_p50: percentile(times, 0.5),
    latency_p95: percentile(times, 0.95),
    latency_p99: percentile(times, 0.99),
    latency_p9999: percentile(times, 0.9999),
    upstream_latency_avg: average(upstreams),
    upstream_latency_p50: percentile(upstreams, 0.5),
    upstream_latency_p95: percentile(upstreams, 0.95),
    upstream_latency_p99: percentile(upstreams, 0.99),
  };
}

/** Reads metrics in as few queries as the adapter does. Returns the values by suffix, or the codes of errors. */
async function readings(kind: string, suffixes: readonly string[], labels: string) {
  const { prefix = '' } = kinds[kind] ?? {};
  const catalog = createCatalog();
  const selector = parseLabelSelector(
    `sls.project=${project},sls.logstore=${storeOf(kind)},sls.query.interval=${intervalSeconds},sls.query.delay=10${labels}`,
  );
  const series = suffixes.flatMap(
    (suffix) => parseMetricRequest(`${prefix}${suffix}`, 'shop', selector, {}, catalog).series,
  );
  const batches = planBatches(series, {
    nowSeconds: endSeconds + 10,
    endpointOf: () => parseEndpointUrl(emulator.url),
    delaySecondsOf: () => 10,
    maxNamedRoutes: 10,
  });
  const source = new AggregateSource(client);
  const values = new Map<string, number | string>();
  for (const { query, series: members } of batches) {
    const { byRoute } = await source.query(query, alive());
    for (const one of members) {
      const outcome = outcomeFromResult(one, query.window, byRoute);
      const value = outcome.kind === 'sample' ? outcome.sample.value : outcome.error.code;
      values.set(one.metric.name.slice(prefix.length), value);
    }
  }
  return values;
}

describe.each(Object.keys(kinds))('a reading of %s', (kind) => {
  const { routes = [], canary = '' } = kinds[kind] ?? {};
  const all = requestsOf(7, routes, canary);
  const inWindow = all.filter(({ second }) => second >= endSeconds - intervalSeconds && second < endSeconds);

  it.each<[string, string, (request: Request) => boolean]>([
    ['a route', `,sls.ingress.route=${routes[0] ?? ''}`, ({ route }) => route === routes[0]],
    ['a canary or subset', `,sls.ingress.route=${canary}`, ({ route }) => route === canary],
    ['a route without requests', ',sls.ingress.route=shop-none-80', () => false],
    ['the whole logstore', '', () => true],
    [
      'one method and a class of status',
      ',sls.ingress.method=GET,sls.ingress.status=5xx',
      (one) => one.method === 'GET' && one.status >= 500,
    ],
    ['requests without a response', ',sls.ingress.status=000', ({ status }) => status === 0],
  ])('equals a count of the requests, of %s', async (_, labels, counts) => {
    const truth = truths(inWindow.filter(counts));
    const found = await readings(kind, Object.keys(truth), labels);
    for (const [suffix, wanted] of Object.entries(truth)) {
      const value = found.get(suffix);
      if (typeof wanted === 'number') expect([suffix, value]).toEqual([suffix, expect.closeTo(wanted, 9)]);
      else {
        expect([suffix, typeof value]).toEqual([suffix, 'number']);
        expect(Number(value)).toBeGreaterThanOrEqual(wanted[0] - 1e-9);
        expect(Number(value)).toBeLessThanOrEqual(wanted[1] + 1e-9);
      }
    }
    // What is counted is exact, not only close.
    for (const suffix of ['qps', 'requests', 'error_ratio'])
      expect([suffix, found.get(suffix)]).toEqual([suffix, truth[suffix]]);
  });

  it.skipIf(kind.includes('default format'))('equals a count of the requests to one host', async () => {
    const requests = inWindow.filter(({ host }) => host === 'a.example.com').length;
    expect(await readings(kind, ['requests'], ',sls.ingress.host=a.example.com')).toEqual(
      new Map([['requests', requests]]),
    );
  });
});
