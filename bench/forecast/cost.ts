import { newSeries, type Series } from '../../src/metric/series.ts';
import { createCatalog } from '../../src/metric/catalog.ts';
import { historyDays } from '../../src/forecast/minute-counts.ts';
import { Forecasts } from '../../src/reading/history/forecasts.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { countMinutes } from '../../src/sls/minute-counts.ts';
import type { LogQuery } from '../../src/sls/client.ts';

/*
 * What forecasts cost the adapter: memory and CPU for so many routes, with replies as SLS gives them, decoded, and reads
 * of each route every 15 s. Run it as the image runs node, or the heap grows further:
 * `node --max-semi-space-size=4 --v8-pool-size=1 --expose-gc bench/forecast/cost.ts`. Time passes as fast as the work allows: figures are per minute of the clock.
 */

const routes = Number(process.argv[2] ?? 1000);
const minutes = Number(process.argv[3] ?? 30);

let nowMs = Date.UTC(2026, 10, 24);
let queries = 0;
let isLoaded = false;
const metric = createCatalog().find('sls_ingress_qps_forecast');
const series: Series[] = Array.from({ length: routes }, (_, index) =>
  newSeries({
    ...{
      metric,
      project: 'k8s-log-c1',
      logstore: 'nginx-ingress',
      route: `default-web-${index}`,
      filters: {},
    },
    ...{ intervalSeconds: 60, delaySeconds: undefined, internalEndpoint: undefined },
    forecast: { aheadSeconds: 180, quantile: 0.9 },
  }),
);

/** A reply for the routes and minutes of the query. */
function reply({ query }: LogQuery) {
  queries += 1;
  const named = series.map(({ route }) => route ?? '');
  const [from = 0, to = 0] = (/__time__ >= (\d+) AND __time__ < (\d+)/.exec(query) ?? [])
    .slice(1)
    .map(Number);
  const rows: Record<string, string>[] = [];
  for (let second = from; second < to; second += 60)
    for (const route of named) {
      const count = Math.round(60 + 40 * Math.sin((second / 86_400) * 2 * Math.PI) + 10 * Math.random());
      rows.push({
        unix_minute: String(second),
        effective_route: route,
        requests: String(count),
        lines: String(count),
      });
    }
  return Promise.resolve({
    rows,
    requestId: 'x',
    serverTimeMs: nowMs,
  } as never);
}

const stopped = new AbortController();
const logs = { query: reply };
const forecasts = new Forecasts({
  clock: { now: () => nowMs },
  monotonicMs: () => nowMs,
  maxForecasts: 2 * routes,
  count: (query, signal) => countMinutes(query, logs, signal),
  endpointOf: () => parseEndpointUrl('http://127.0.0.1:1'),
  delaySecondsOf: () => 4,
  holdSecondsOf: () => 600,
  learnDelay: () => Promise.resolve(),
  sink: { put: () => undefined, fail: () => undefined },
  pause: () =>
    new Promise((resolve) => {
      nowMs += isLoaded ? 1000 : 20;
      if (isLoaded) setTimeout(resolve, 5);
      else setTimeout(resolve, 20);
    }),
  observer: { historyCounted: (event) => console.log('counted', event.routes), historyFailing: console.log },
});

const mb = () => {
  globalThis.gc?.();
  const { rss, heapUsed, heapTotal, arrayBuffers } = process.memoryUsage();
  return {
    rssMb: Math.round(rss / 2 ** 20),
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    heapMb: Math.round(heapUsed / 2 ** 20),
    heapTotalMb: Math.round(heapTotal / 2 ** 20),
    buffersMb: Math.round(arrayBuffers / 2 ** 20),
  };
};
const values = () => series.filter((one) => forecasts.read(one, 'default').kind === 'sample').length;

console.log('started', mb());
// The heap of an adapter that reads has grown already: to what V8 lets it, whatever is read.
for (let minute = 1000; minute > 0; minute -= 25) {
  const end = Math.floor(nowMs / 60_000) - minute;
  await countMinutes(
    {
      ...{ endpoint: parseEndpointUrl('http://127.0.0.1:1'), metric, filters: {} },
      ...{
        project: 'k8s-log-c1',
        logstore: 'nginx-ingress',
        routes: series.flatMap(({ route }) => route ?? []),
      },
      ...{ window: { startSeconds: (end - 25) * 60, endSeconds: end * 60 }, plannedAtSeconds: nowMs / 1000 },
    },
    logs,
    stopped.signal,
  );
}
queries = 0;
console.log('reading', mb());
const startCpu = process.cpuUsage();
const started = performance.now();
values();
const running = forecasts.run(stopped.signal);
// HPAs read every 15 s, and each read that fails makes an error.
let readMs = started;
while ([...forecasts.all()].some(({ forecast }) => forecast === undefined)) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  if (performance.now() - readMs < 15_000) continue;
  readMs = performance.now();
  values();
}
const loaded = process.cpuUsage(startCpu);
isLoaded = true;
console.log('loaded', {
  days: historyDays,
  seconds: (performance.now() - started) / 1000,
  cpuSeconds: (loaded.user + loaded.system) / 1e6,
  queries,
  ...mb(),
});

queries = 0;
const beginMs = nowMs;
const liveCpu = process.cpuUsage();
let readAt = nowMs;
let longestMs = 0;
while (nowMs < beginMs + minutes * 60_000) {
  const turn = performance.now();
  await new Promise(setImmediate);
  longestMs = Math.max(longestMs, performance.now() - turn);
  if (nowMs - readAt >= 15_000) {
    readAt = nowMs;
    values();
  }
}
const live = process.cpuUsage(liveCpu);
const cpuMs = (live.user + live.system) / 1000;
console.log('live', {
  cpuMsPerMinute: cpuMs / minutes,
  coreShare: `${((cpuMs / minutes / 60_000) * 100).toFixed(2)} %`,
  queriesPerMinute: queries / minutes,
  longestTurnMs: Math.round(longestMs),
  ...mb(),
});
stopped.abort();
await running;
