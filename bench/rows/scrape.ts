import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../test/support/wait-for.ts';
import { slsSettings } from '../fleet/fleet.ts';
import type { Line } from '../line.ts';
import type { Row, RowContext } from '../row.ts';
import { startSlsProcess } from '../sls/process.ts';
import { figureOf, quantile } from '../statistics.ts';
import { startDelegatedAdapter } from '../support/delegated-adapter.ts';
import { FrontProxy } from '../support/front-proxy.ts';
import { autoscalerOf, hpaRoutes } from '../support/hpa-routes.ts';
import { logTrouble } from '../support/log-trouble.ts';
import { Scraper, type Scraped } from '../support/scraper.ts';
import { readInSync, syncSeconds, undisturbed, type SyncRead } from '../support/sync-reads.ts';

/** Without traffic: SLS costs this machine least, and it is not what is measured. */
const plan = { logstores: 10, routesPerLogstore: 1000, namespaces: 20, linesPerSecond: 0, tickMs: 1000 };

const passes = 3;
/** As long as it takes until each logstore is refreshed once: what a refresh costs reads is in each slice alike. */
const sliceSeconds = 5;
/** Read again and again, as often as all of them would be within a pass. */
const readRoutes = 1000;
/** Where Prometheus takes 15 or 30. */
const betweenScrapesMs = 1000;

/** Reads are fresh throughout, whatever SLS takes: it is not what is measured. */
const config = 'telemetry: { maxSeriesValues: 4000 }\nreading: { freshnessSeconds: 60 }';

const mostMb = 1;
const mostScrapeMs = 50;

const row = 'scrape';

/** `/metrics` of an adapter with 10,000 series, as many gauges of them as there may be, and what a scrape costs reads. */
export const scrape: Row = {
  name: row,
  async measure({ signal, progress }: RowContext) {
    const routes = hpaRoutes(plan);
    await using sls = await startSlsProcess(slsSettings(plan, routes));
    await using adapter = await startDelegatedAdapter({
      slsUrl: sls.url,
      config,
      onLog: logTrouble(progress),
      prepare: ({ hpas }) => routes.forEach((one) => hpas.put(autoscalerOf(one))),
    });
    using hpas = new FrontProxy(adapter.url, adapter.pair);
    await using prometheus = new Scraper(adapter);
    await waitFor(async () => (await hpas.get('/readyz')).status === 200, 15_000, 'a ready adapter');
    const allHeld = `\nsls_metrics_adapter_external_metric_values_left_out ${routes.length - 4000}\n`;
    progress('scrape: until all 10,000 series are held');
    await waitFor(
      async () => {
        signal.throwIfAborted();
        await sleep(1000, undefined, { signal });
        return (await prometheus.scrape(allHeld)).found;
      },
      60_000,
      `${routes.length} series`,
    );
    const seconds = passes * syncSeconds;
    progress(`scrape: measuring for ${seconds} s`);
    const scrapes: Scraped[] = [];
    const reading = readInSync({
      frontProxy: hpas,
      paths: routes.map((_, index) => routes[index % readRoutes]?.path ?? ''),
      passes,
      signal,
    });
    const startMs = Date.now();
    while (Date.now() - startMs < seconds * 1000) {
      if (isScraped(sliceOf(Date.now() - startMs))) scrapes.push(await prometheus.scrape());
      await sleep(betweenScrapesMs, undefined, { signal });
    }
    return linesOf((await reading).flat(), scrapes, startMs);
  },
};

const sliceOf = (sinceStartMs: number) => Math.floor(sinceStartMs / (sliceSeconds * 1000));

/**
 * With, without, without, with: code is still compiled and memory still settles, so that later ones are faster, and
 * that must favour neither.
 */
const isScraped = (slice: number) => slice % 4 < 2;

/** In the first slice, reads come for the first time: it does not count. */
const isCounted = (slice: number) => slice > 0 && slice < (passes * syncSeconds) / sliceSeconds;

/** What a slice came to. */
interface Slice {
  readonly scraped: boolean;
  /** Of the reads that the load generator did not hold up itself. */
  readonly p99Ms: number;
  /** The others. */
  readonly heldUpPercent: number;
}

function slicesOf(reads: readonly SyncRead[], startMs: number): Slice[] {
  const good = new Set(undisturbed(reads));
  const slices = Map.groupBy(reads, ({ sentMs }) => sliceOf(sentMs - startMs));
  return [...slices]
    .filter(([slice]) => isCounted(slice))
    .map(([slice, all]) => {
      const tookMs = all.filter((read) => good.has(read)).map((read) => read.tookMs);
      return {
        scraped: isScraped(slice),
        p99Ms: quantile(tookMs, 0.99),
        heldUpPercent: 100 * (1 - tookMs.length / all.length),
      };
    });
}

function linesOf(reads: readonly SyncRead[], scrapes: readonly Scraped[], startMs: number): Line[] {
  const failed = reads.filter(({ answer }) => 'failure' in answer);
  if (failed.length > 0)
    throw new Error(
      `${failed.length} reads failed, as with ${JSON.stringify(failed[0]?.answer).slice(0, 300)}`,
    );
  const slices = slicesOf(reads, startMs);
  const figure = (of: (slice: Slice) => number, scraped: boolean) =>
    figureOf(slices.filter((slice) => slice.scraped === scraped).map(of));
  const withAndWithout = (what: string, unit: Line['unit'], of: (slice: Slice) => number) => ({
    row,
    what,
    unit,
    measured: figure(of, true),
    beside: { what: 'without', figure: figure(of, false) },
  });
  const p99 = withAndWithout('p99 of a read, with a scrape a second', 'ms', ({ p99Ms }) => p99Ms);
  return [
    {
      row,
      what: 'size of /metrics',
      unit: 'MB',
      measured: { value: Math.max(...scrapes.map(({ bytes }) => bytes)) / 1e6 },
      target: { bound: 'at most', value: mostMb },
    },
    {
      row,
      what: 'time of a scrape, amid reads',
      unit: 'ms',
      measured: figureOf(scrapes.map(({ tookMs }) => tookMs)),
      target: { bound: 'at most', value: mostScrapeMs },
    },
    {
      ...p99,
      compared: { as: 'more', figure: { value: p99.measured.value - p99.beside.figure.value } },
    },
    withAndWithout('reads left out: held up by the load', '%', ({ heldUpPercent }) => heldUpPercent),
  ];
}
