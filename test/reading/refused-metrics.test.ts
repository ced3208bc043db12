import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { AdapterError } from '../../src/errors.ts';
import { newSeries, type Series } from '../../src/metric/series.ts';
import { AggregateSource } from '../../src/sls/aggregate-source.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { accessKey, createClient, logstore, project } from '../sls/sls-client.ts';
import { TestClock } from '../support/test-clock.ts';
import { alive, createCollector, values } from './collector-harness.ts';
import { seriesWith } from './series.ts';
import { findMetric } from '../support/catalog.ts';
import { anyOf } from '../support/choices.ts';

const seriesOf = (metric: string, changes: Partial<Series> = {}) =>
  seriesWith({ metric: findMetric(`sls_ingress_${metric}`), ...changes });
const qps = seriesOf('qps');
const latency = seriesOf('latency_p95');
const inflow = seriesOf('inflow');
const unindexed = (field: string) => new AdapterError('IndexMissing', `key (${field}) is not config`);

/** A collector whose SLS refuses some aggregates. Records which aggregates were asked for together. */
function withRefusals(refused: (aliases: readonly string[]) => AdapterError | undefined) {
  const asked: string[] = [];
  const made = createCollector({
    query: ({ aggregates, routes = [undefined] }) => {
      const aliases = Object.keys(aggregates);
      asked.push(aliases.join(' '));
      const error = refused(aliases);
      if (error !== undefined) return Promise.reject(error);
      const numbers = Object.fromEntries(aliases.map((alias) => [alias, 15]));
      return Promise.resolve(new Map(routes.map((route) => [route, numbers])));
    },
  });
  const read = async (...series: Series[]) => values(await made.collector.collect(series, 0, alive()));
  return { ...made, asked, read };
}

const withoutTime = (aliases: readonly string[]) =>
  aliases.some((alias) => alias.startsWith('request_time')) ? unindexed('request_time') : undefined;

describe('a metric that SLS refuses', () => {
  it('fails alone, and the other metrics of its query are read, the first time too', async () => {
    const { read, asked, delivered } = withRefusals(withoutTime);
    expect(await read(qps, latency, inflow)).toEqual([1, 'IndexMissing', 1]);
    // All together, then each set of aggregates alone.
    expect(asked).toHaveLength(4);
    expect(delivered).toHaveLength(3);
    for (const more of [2, 4]) {
      expect(await read(qps, latency, inflow)).toEqual([1, 'IndexMissing', 1]);
      expect(asked).toHaveLength(4 + more);
    }
  });

  it('is asked for together with the others again after ten minutes, by the monotonic clock', async () => {
    const { read, asked, clock } = withRefusals(withoutTime);
    const monotonicMs = vi.spyOn(performance, 'now').mockReturnValue(1000);
    await read(qps, latency);
    for (const [ms, queries] of [
      [10 * 60_000, 2],
      [10 * 60_000 + 1, 3],
    ] as const) {
      const before = asked.length;
      monotonicMs.mockReturnValue(1000 + ms);
      clock.advance(-ms);
      expect(await read(qps, latency)).toEqual([1, 'IndexMissing']);
      expect(asked.length - before).toBe(queries);
    }
    monotonicMs.mockRestore();
  });

  it('is asked for apart only in its own logstore', async () => {
    const { read, asked } = withRefusals(withoutTime);
    await read(qps, latency);
    const before = asked.length;
    const other = { logstore: 'other' };
    await read(seriesOf('qps', other), seriesOf('latency_p95', other));
    expect(asked.length - before).toBe(3);
  });

  it('fails together with metrics of the same aggregates, without another query for them', async () => {
    const { read, asked } = withRefusals(() => unindexed('proxy_upstream_name'));
    expect(await read(qps, seriesOf('requests'), seriesOf('qps', { route: 'b' }))).toEqual(
      Array.from({ length: 3 }, () => 'IndexMissing'),
    );
    expect(asked).toHaveLength(1);
  });
});

describe('a query that SLS refuses for a cause common to all its metrics', () => {
  it('is split once and then sent whole', async () => {
    const { read, asked } = withRefusals(() => unindexed('host'));
    const filtered = [qps, latency].map((series) => newSeries({ ...series, filters: { host: anyOf('a') } }));
    expect(await read(...filtered)).toEqual(['IndexMissing', 'IndexMissing']);
    expect(asked).toHaveLength(3);
    await read(...filtered);
    expect(asked).toHaveLength(4);
  });

  it('is split again when it asks for other aggregates', async () => {
    const { read } = withRefusals((aliases) => (aliases.length > 1 ? unindexed('a') : undefined));
    expect(await read(latency, inflow)).toEqual(['IndexMissing', 'IndexMissing']);
    expect(await read(latency, inflow, qps)).toEqual(['IndexMissing', 'IndexMissing', 1]);
  });
});

it.each(['SlsThrottled', 'SlsUnavailable', 'PermissionDenied'] as const)(
  'a query that fails with %s is not split',
  async (code) => {
    const { read, asked } = withRefusals(() => new AdapterError(code, 'no'));
    expect(await read(qps, latency)).toEqual([code, code]);
    expect(asked).toHaveLength(1);
  },
);

it('cancels a part of a split query that has no caller left', async () => {
  const { collector, sls, delivered } = createCollector();
  const leaver = new AbortController();
  const staying = collector.collect([qps], 0, alive());
  const leaving = collector.collect([latency], 0, leaver.signal);
  (await sls.nth(0)).fail(unindexed('request_time'));
  const parts = [await sls.nth(1), await sls.nth(2)];
  const ofLatency = parts.find(({ query }) => 'request_time_p95' in query.aggregates);
  leaver.abort();
  await expect(leaving).rejects.toThrow();
  expect(ofLatency?.signal.aborted).toBe(true);
  for (const part of parts) if (part !== ofLatency) part.answer();
  expect(values(await staying)).toEqual([1]);
  expect(delivered.filter((one) => 'sample' in one)).toHaveLength(1);
});

it('does not send a part of a split query that has no caller left', async () => {
  const { collector, sls } = createCollector();
  const leaver = new AbortController();
  const staying = collector.collect([qps], 0, alive());
  const leaving = collector.collect([latency], 0, leaver.signal);
  const whole = await sls.nth(0);
  leaver.abort();
  await expect(leaving).rejects.toThrow();
  whole.fail(unindexed('request_time'));
  (await sls.nth(1)).answer();
  expect(values(await staying)).toEqual([1]);
  expect(sls.sent.map(({ query }) => 'request_time_p95' in query.aggregates)).toEqual([true, false]);
});

describe('with an SLS without an index on request_time', () => {
  const clock = new TestClock();
  let emulator: Emulator;
  beforeAll(async () => {
    const fields = { status: 'long', request_length: 'long', proxy_upstream_name: 'text' } as const;
    emulator = await startEmulator({
      accessKey,
      clock,
      logstores: [{ project, logstore, index: { fields } }],
    });
    await emulator.sink(project, logstore).append(
      Array.from({ length: 30 }, (_, n) => ({
        timeSeconds: clock.nowSeconds - 11 - (n % 15),
        fields: { proxy_upstream_name: 'default-a-80', status: '200', request_length: '100' },
      })),
    );
  });
  afterAll(() => emulator.stop());

  it('reads the other metrics of the logstore, in one query from then on', async () => {
    const { client } = createClient();
    const source = new AggregateSource(client);
    const { collector } = createCollector({
      clock,
      query: async (query, signal) => (await source.query(query, signal)).byRoute,
      endpointOf: () => parseEndpointUrl(emulator.url),
    });
    const series = ['qps', 'inflow', 'error_ratio', 'latency_p99', 'concurrency'].map((metric) =>
      seriesOf(metric, { project, logstore }),
    );
    const read = async () => collector.collect(series, 0, alive());
    const outcomes = await read();
    expect(values(outcomes)).toEqual([2, 200, 0, 'IndexMissing', 'IndexMissing']);
    expect(outcomes[3]).toMatchObject({
      error: { message: expect.stringContaining('request_time') as unknown },
    });
    const before = emulator.stats().queries;
    expect(values(await read())).toEqual([2, 200, 0, 'IndexMissing', 'IndexMissing']);
    expect(emulator.stats().queries - before).toBe(3);
    client.close();
  });
});
