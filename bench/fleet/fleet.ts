import { setTimeout as sleep } from 'node:timers/promises';
import { accessKey, project } from '../../test/support/adapter.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { RowContext } from '../row.ts';
import type { SeenQuery, SlsSettings } from '../sls/messages.ts';
import { startSlsProcess, type SlsProcess } from '../sls/process.ts';
import { startDelegatedAdapter } from '../support/delegated-adapter.ts';
import { FrontProxy } from '../support/front-proxy.ts';
import { hpaRoutes, type HpaRoute, type HpaRoutesSize } from '../support/hpa-routes.ts';
import { CpuSpans, residentMbOf } from '../support/process-usage.ts';
import { readInSync, syncSeconds, type SyncRead } from '../support/sync-reads.ts';

export interface FleetPlan extends HpaRoutesSize {
  /** For each route. A window must hold a whole number of lines. */
  readonly linesPerSecond: number;
  /** How often log lines are written. */
  readonly tickMs: number;
  /** The number of measured passes. */
  readonly passes: number;
  /** Time without reads, split into spans. CPU time is measured per span. */
  readonly idle: { readonly spans: number; readonly spanSeconds: number };
}

/** Measurements of a fleet of HPAs. */
export interface FleetRun {
  /** The first read of each route. */
  readonly warmUp: readonly SyncRead[];
  readonly passes: readonly (readonly SyncRead[])[];
  /** The SLS queries that arrived during the passes. */
  readonly queries: readonly SeenQuery[];
  readonly measuredMs: number;
  /** CPU time of the adapter by wall time, as a percentage of one core. */
  readonly readingCpuPercent: readonly number[];
  readonly idleCpuPercent: readonly number[];
  /** At the end, and at its peak. */
  readonly residentMb: { readonly now: number; readonly peak: number };
}

/**
 * Workers of the HPA controller, which bound the concurrent first reads. The default is 5
 * (--concurrent-horizontal-pod-autoscaler-syncs). With 5 it could not read 10,000 HPAs in 15 s, whatever the adapter does.
 */
const workers = 100;

/** The first reads, and one interval more than a beat needs. */
const warmUpPasses = 3;

/** Runs the adapter as shipped, a scripted API server and an SLS with traffic. This process reads as the HPAs do. */
export async function runFleet(plan: FleetPlan, { signal, progress }: RowContext): Promise<FleetRun> {
  const routes = hpaRoutes(plan);
  await using sls = await startSlsProcess(slsSettings(plan, routes));
  await using adapter = await startDelegatedAdapter({ slsUrl: sls.url, onProblem: progress });
  using frontProxy = new FrontProxy(adapter.url, adapter.pair);
  await waitFor(async () => (await frontProxy.get('/readyz')).status === 200, 'the adapter to be ready');
  const pause = (seconds: number) => sleep(seconds * 1000, undefined, { signal });
  const paths = routes.map(({ path }) => path);
  progress(`${routes.length} routes: first reads`);
  let startMs = 0;
  let readingCpu: CpuSpans | undefined;
  const onPass = (pass: number) => {
    if (pass > warmUpPasses) readingCpu?.cut();
    if (pass !== warmUpPasses) return;
    progress(`${routes.length} routes: measuring for ${plan.passes * syncSeconds} s`);
    startMs = Date.now();
    readingCpu = new CpuSpans(adapter.pid);
  };
  const all = await readInSync({
    ...{ frontProxy, paths, signal, onPass },
    passes: warmUpPasses + plan.passes,
    maxInFlight: workers,
  });
  const endMs = Date.now();
  progress(`${routes.length} routes: without reads`);
  const idleCpu = new CpuSpans(adapter.pid);
  for (let span = 0; span < plan.idle.spans; span += 1) {
    await pause(plan.idle.spanSeconds);
    idleCpu.cut();
  }
  await allReported(sls);
  return {
    warmUp: all[0] ?? [],
    passes: all.slice(warmUpPasses),
    queries: sls.queries.filter(({ arrivedMs }) => arrivedMs >= startMs && arrivedMs < endMs),
    measuredMs: endMs - startMs,
    readingCpuPercent: readingCpu?.percents ?? [],
    idleCpuPercent: idleCpu.percents,
    residentMb: residentMbOf(adapter.pid),
  };
}

/** Returns settings for an SLS with traffic on all routes and 80 ms of latency. */
export function slsSettings(
  { linesPerSecond, tickMs }: Pick<FleetPlan, 'linesPerSecond' | 'tickMs'>,
  routes: readonly HpaRoute[],
): SlsSettings {
  const byLogstore = Map.groupBy(routes, ({ logstore }) => logstore);
  return {
    project,
    accessKey,
    latencyMs: 80,
    sqlConcurrency: 15,
    ingestLagMs: [1000, 4000],
    tickMs,
    batches: byLogstore.size === 1 ? 2 : 1,
    logstores: [...byLogstore].map(([logstore, own]) => ({
      logstore,
      routes: own.map(({ name }) => name),
      linesPerSecond,
    })),
  };
}

/** Waits until the reports include every query that SLS has counted. */
async function allReported(sls: SlsProcess): Promise<void> {
  const { queries } = await sls.stats();
  await waitFor(() => sls.queries.length >= queries, `the reports of all ${queries} queries`);
}
