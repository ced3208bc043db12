import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { createCatalog } from '../../src/metric/catalog.ts';
import { parseLabelSelector } from '../../src/grammar/label-selector.ts';
import { parseMetricRequest } from '../../src/metric/metric-request.ts';
import { ownMetricFaults } from '../../src/config/own-metrics/own-metric-faults.ts';
import { ownMetric } from '../../src/config/own-metrics/own-metric.ts';
import type { OwnMetricSettings } from '../../src/config/own-metrics/own-metric-schema.ts';
import type { Outcome } from '../../src/metric/sample.ts';
import { seriesOf, type Series } from '../../src/metric/series.ts';
import { outcomeFromResult, planBatches } from '../../src/reading/plan.ts';
import { AggregateSource } from '../../src/sls/aggregate-source.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { accessKey, alive, createClient, logstore, project } from '../sls/sls-client.ts';
import { TestClock } from '../support/test-clock.ts';

interface Line {
  readonly timeSeconds: number;
  readonly kind: string;
  readonly model: string;
  readonly size: number;
  /** Undefined: the line lacks the field. */
  readonly seconds: number | undefined;
}

const clock = new TestClock();
const endSeconds = clock.nowSeconds - 10;
const kinds = ['a', 'b', "it's", 'A'];
const models = ['m1', 'm2', 'M1', 'm-3'];
const missing = 'm9';

const numbersOf = (lines: readonly Line[]) => lines.flatMap(({ seconds }) => seconds ?? []);
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** SQL, and its expected value for at least one line. NaN: the metric must fail. */
const aggregates: readonly {
  readonly sql: string;
  readonly of: (lines: readonly Line[], window: number, least: number) => number;
}[] = [
  { sql: 'count(*)', of: (lines) => lines.length },
  { sql: 'count(*) / {window}', of: (lines, window) => lines.length / window },
  { sql: 'sum(size) / {window}', of: (lines, window) => sum(lines.map(({ size }) => size)) / window },
  {
    sql: 'avg(seconds)',
    of: (lines) => sum(numbersOf(lines)) / numbersOf(lines).length,
  },
  {
    sql: 'count_if(size >= {least}) / cast(count(*) AS double)',
    of: (lines, _, least) => lines.filter(({ size }) => size >= least).length / lines.length,
  },
  {
    sql: 'sum(seconds) - 10',
    of: (lines) => (numbersOf(lines).length === 0 ? Number.NaN : sum(numbersOf(lines)) - 10),
  },
  {
    sql: "count_if(kind = 'it''s') + max(size)",
    of: (lines) =>
      lines.filter(({ kind }) => kind === "it's").length + Math.max(...lines.map(({ size }) => size)),
  },
];

const searches: readonly { readonly text: string; readonly finds: (line: Line) => boolean }[] = [
  { text: '*', finds: () => true },
  { text: 'kind: a', finds: ({ kind }) => kind.toLowerCase() === 'a' },
  { text: 'not (kind: b or size > 70)', finds: ({ kind, size }) => kind !== 'b' && size <= 70 },
];

const anyLine = fc.record({
  timeSeconds: fc.integer({ min: endSeconds - 40, max: endSeconds + 1 }),
  kind: fc.constantFrom(...kinds),
  model: fc.constantFrom(...models),
  size: fc.nat(100),
  seconds: fc.option(
    fc.nat(400).map((n) => n / 8),
    { nil: undefined },
  ),
});

const anyMetric = fc.record({
  aggregate: fc.nat(aggregates.length - 1),
  search: fc.nat(searches.length - 1),
  isGrouped: fc.boolean(),
  emptyWindow: fc.constantFrom<'zero' | 'error'>('zero', 'error'),
});
type AnyMetric = typeof anyMetric extends fc.Arbitrary<infer T> ? T : never;

const anyWorld = fc.record({
  lines: fc.array(anyLine, { minLength: 20, maxLength: 150 }),
  metrics: fc.array(anyMetric, { minLength: 1, maxLength: 5 }),
  models: fc.uniqueArray(fc.constantFrom(...models, missing), { minLength: 1, maxLength: 4 }),
  least: fc.nat(100),
  intervalSeconds: fc.constantFrom(15, 1, 30),
  maxNamedRoutes: fc.constantFrom(200, 0),
});

function settingsOf(
  { aggregate, search, isGrouped, emptyWindow }: AnyMetric,
  index: number,
): OwnMetricSettings {
  const sql = aggregates[aggregate]?.sql ?? '';
  const least = { name: 'least', description: 'x', type: 'number', default: '50' } as const;
  return {
    name: `own_${index}`,
    description: 'x',
    unit: 'x',
    search: searches[search]?.text ?? '',
    aggregate: sql,
    ...(isGrouped ? { groupBy: 'model' } : {}),
    emptyWindow,
    labels: [
      { name: 'own.model', description: 'x', type: 'text', column: 'model' },
      ...(sql.includes('{least}') ? [least] : []),
    ],
  };
}

let emulator: Emulator;
let source: AggregateSource;
const { client } = createClient({ readTimeoutMs: 30_000 });
const stores = Array.from({ length: 40 }, (_, n) => `${logstore}-${n}`);
const free = stores.values();

beforeAll(async () => {
  const index = { fields: { kind: 'text', model: 'text', size: 'long', seconds: 'double' } } as const;
  emulator = await startEmulator({
    logstores: stores.map((name) => ({ project, logstore: name, index })),
    accessKey,
    clock,
    sqlConcurrency: 1000,
  });
  source = new AggregateSource(client);
});
afterAll(async () => {
  client.close();
  await emulator.stop();
});

/** The outcome of each series, from as few queries as possible. */
async function outcomesOf(series: readonly Series[], maxNamedRoutes: number): Promise<Map<Series, Outcome>> {
  const batches = planBatches(series, {
    nowSeconds: clock.nowSeconds,
    endpointOf: () => parseEndpointUrl(emulator.url),
    delaySecondsOf: () => 10,
    maxNamedRoutes,
  });
  const found = batches.map(async (batch) => {
    const { byRoute } = await source.query(batch.query, alive());
    return batch.series.map((one) => [one, outcomeFromResult(one, batch.query.window, byRoute)] as const);
  });
  return new Map((await Promise.all(found)).flat());
}

it('own metrics read the same value batched and alone, and as computed from the lines in another way', async () => {
  let [readings, errors, shared] = [0, 0, 0];
  const check = async (world: typeof anyWorld extends fc.Arbitrary<infer T> ? T : never) => {
    const store = free.next().value ?? expect.unreachable('more logstores are needed');
    const { least, intervalSeconds, maxNamedRoutes } = world;
    const settings = world.metrics.map(settingsOf);
    expect(settings.flatMap(ownMetricFaults)).toEqual([]);
    const catalog = createCatalog(settings.map(ownMetric));
    const records = world.lines.map(({ timeSeconds, kind, model, size, seconds }) => ({
      timeSeconds,
      fields: {
        kind,
        model,
        size: String(size),
        ...(seconds === undefined ? {} : { seconds: String(seconds) }),
      },
    }));
    await emulator.sink(project, store).append(records);
    const asked = world.metrics.flatMap((metric, index) =>
      world.models.flatMap((model) => {
        const takesLeast = aggregates[metric.aggregate]?.sql.includes('{least}');
        const selector = `own.model=${model},sls.query.interval=${intervalSeconds}${takesLeast ? `,least=${least}` : ''}`;
        const at = { project, logstore: store };
        const request = parseMetricRequest(
          `own_${index}`,
          'default',
          parseLabelSelector(selector),
          at,
          catalog,
        );
        return seriesOf(request).map((series) => ({ metric, model, series }));
      }),
    );
    const all = asked.map(({ series }) => series);
    const batched = await outcomesOf(all, maxNamedRoutes);
    for (const { metric, model, series } of asked) {
      const alone = await outcomesOf([series], maxNamedRoutes);
      const lines = world.lines.filter(
        (line) =>
          line.model === model &&
          line.timeSeconds >= endSeconds - intervalSeconds &&
          line.timeSeconds < endSeconds &&
          searches[metric.search]?.finds(line),
      );
      const wanted = wantedOf(metric, lines, intervalSeconds, least);
      for (const outcome of [batched.get(series), alone.get(series)]) expectOutcome(outcome, wanted);
      readings += 1;
      if (typeof wanted === 'string') errors += 1;
    }
    shared += all.length - planned(all, maxNamedRoutes);
  };
  await fc.assert(fc.asyncProperty(anyWorld, check), {
    seed: 7,
    numRuns: stores.length,
    endOnFailure: true,
  });
  expect(errors).toBeGreaterThan(readings / 20);
  expect(shared).toBeGreaterThan(readings / 10);
});

/** How many queries the series need. */
const planned = (series: readonly Series[], maxNamedRoutes: number) =>
  planBatches(series, {
    nowSeconds: clock.nowSeconds,
    endpointOf: () => parseEndpointUrl(emulator.url),
    delaySecondsOf: () => 10,
    maxNamedRoutes,
  }).length;

/** A number, or the code of an error. */
function wantedOf(
  { aggregate, emptyWindow }: AnyMetric,
  lines: readonly Line[],
  window: number,
  least: number,
) {
  if (lines.length === 0) return emptyWindow === 'zero' ? 0 : 'WindowEmpty';
  const value = aggregates[aggregate]?.of(lines, window, least) ?? Number.NaN;
  return value >= 0 ? value : 'OwnMetricInvalid';
}

function expectOutcome(outcome: Outcome | undefined, wanted: number | string): void {
  if (outcome?.kind === 'sample' && typeof wanted === 'number') {
    expect(Math.abs(outcome.sample.value - wanted)).toBeLessThanOrEqual(1e-9 * Math.abs(wanted));
  } else expect(outcome?.kind === 'failed' ? outcome.error.code : outcome).toBe(wanted);
}
