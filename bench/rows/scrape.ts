import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../test/support/wait-for.ts';
import { slsSettings } from '../fleet/fleet.ts';
import type { Line } from '../line.ts';
import type { Row, RowContext } from '../row.ts';
import { startSlsProcess } from '../sls/process.ts';
import { figureOf, quantile } from '../statistics.ts';
import { startDelegatedAdapter } from '../support/delegated-adapter.ts';
import { FrontProxy } from '../support/front-proxy.ts';
import { hpaRoutes } from '../support/hpa-routes.ts';
import { Scraper, type ScrapeResult } from '../support/scraper.ts';
import { readInSync, syncSeconds, withoutStalledReads, type SyncRead } from '../support/sync-reads.ts';

/** No traffic: SLS is not measured here and should use as little of this machine as possible. */
const plan = { logstores: 10, routesPerLogstore: 1000, namespaces: 20, linesPerSecond: 0, tickMs: 1000 };

const passes = 3;
/** In this time each logstore is refreshed once, so the cost of refreshes is the same in every slice. */
const sliceSeconds = 5;
/** Only these routes are read, at the read rate of all routes. */
const readRoutes = 1000;
/** Prometheus waits 15 or 30 s. */
const scrapePauseMs = 1000;

/** Readings stay fresh throughout, so that no read waits for SLS, which is not measured here. */
const config =
  'telemetry: { maxSeriesValues: 4000 }\nreading: { freshnessSeconds: 60, refreshesIn15Seconds: 3 }';

const maxMb = 1;
const maxScrapeMs = 100;

const row = 'scrape';

/** `/metrics` of an adapter with 10,000 series and the maximum of value gauges, and how much scrapes delay reads. */
export const scrape: Row = {
  name: row,
  async measure({ signal, progress }: RowContext) {
    const routes = hpaRoutes(plan);
    await using sls = await startSlsProcess(slsSettings(plan, routes));
    await using adapter = await startDelegatedAdapter({ slsUrl: sls.url, config, onProblem: progress });
    using hpas = new FrontProxy(adapter.url, adapter.pair);
    await using prometheus = new Scraper(adapter);
    await waitFor(async () => (await hpas.get('/readyz')).status === 200, 'the adapter to be ready');
    const allStored = `\nsls_metrics_adapter_external_metric_values_left_out ${routes.length - 4000}\n`;
    progress('scrape: waiting until all 10,000 series have a sample');
    await readInSync({ frontProxy: hpas, paths: routes.map(({ path }) => path), passes: 2, signal });
    await waitFor(async () => {
      signal.throwIfAborted();
      await sleep(1000, undefined, { signal });
      return (await prometheus.scrape(allStored)).found;
    }, `samples of ${routes.length} series`);
    const seconds = passes * syncSeconds;
    progress(`scrape: measuring for ${seconds} s`);
    const scrapes: ScrapeResult[] = [];
    const reading = readInSync({
      frontProxy: hpas,
      paths: routes.map((_, index) => routes[index % readRoutes]?.path ?? ''),
      passes,
      signal,
    });
    const startMs = Date.now();
    while (Date.now() - startMs < seconds * 1000) {
      if (isScraped(sliceOf(Date.now() - startMs))) scrapes.push(await prometheus.scrape());
      await sleep(scrapePauseMs, undefined, { signal });
    }
    return linesOf((await reading).flat(), scrapes, startMs);
  },
};

const sliceOf = (sinceStartMs: number) => Math.floor(sinceStartMs / (sliceSeconds * 1000));

/**
 * With, without, without, with. Later slices are faster, since code is still being compiled and memory still settles.
 * This order favours neither side.
 */
const isScraped = (slice: number) => slice % 4 < 2;

/** The first slice does not count, since the routes are read there for the first time. */
const isCounted = (slice: number) => slice > 0 && slice < (passes * syncSeconds) / sliceSeconds;

/** The result of one slice. */
interface Slice {
  readonly scraped: boolean;
  /** Over the reads that no stall of the load generator affected. */
  readonly p99Ms: number;
  /** The share of the other reads. */
  readonly stalledPercent: number;
}

function slicesOf(reads: readonly SyncRead[], startMs: number): Slice[] {
  const good = new Set(withoutStalledReads(reads));
  const slices = Map.groupBy(reads, ({ sentMs }) => sliceOf(sentMs - startMs));
  return [...slices]
    .filter(([slice]) => isCounted(slice))
    .map(([slice, all]) => {
      const tookMs = all.filter((read) => good.has(read)).map((read) => read.tookMs);
      return {
        scraped: isScraped(slice),
        p99Ms: quantile(tookMs, 0.99),
        stalledPercent: 100 * (1 - tookMs.length / all.length),
      };
    });
}

function linesOf(reads: readonly SyncRead[], scrapes: readonly ScrapeResult[], startMs: number): Line[] {
  const failed = reads.filter(({ result }) => 'failure' in result);
  if (failed.length > 0)
    throw new Error(
      `${failed.length} reads failed, for example: ${JSON.stringify(failed[0]?.result).slice(0, 300)}`,
    );
  const slices = slicesOf(reads, startMs);
  const figure = (of: (slice: Slice) => number, scraped: boolean) =>
    figureOf(slices.filter((slice) => slice.scraped === scraped).map(of));
  const withAndWithout = (what: string, unit: Line['unit'], of: (slice: Slice) => number) => ({
    row,
    what,
    unit,
    measured: figure(of, true),
    baseline: { what: 'without', figure: figure(of, false) },
  });
  const p99 = withAndWithout('p99 of a read, with one scrape per second', 'ms', ({ p99Ms }) => p99Ms);
  return [
    {
      row,
      what: 'size of /metrics',
      unit: 'MB',
      measured: { value: Math.max(...scrapes.map(({ bytes }) => bytes)) / 1e6 },
      target: { bound: 'at most', value: maxMb },
    },
    {
      row,
      what: 'duration of a scrape during reads',
      unit: 'ms',
      measured: figureOf(scrapes.map(({ tookMs }) => tookMs)),
      target: { bound: 'at most', value: maxScrapeMs },
    },
    {
      ...p99,
      compared: { as: 'more', figure: { value: p99.measured.value - p99.baseline.figure.value } },
    },
    withAndWithout('reads excluded: load generator stalled', '%', ({ stalledPercent }) => stalledPercent),
  ];
}
