import { setTimeout as sleep } from 'node:timers/promises';
import { accessKey, project } from '../../test/support/adapter.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { RowContext } from '../row.ts';
import type { SeenQuery, SlsSettings } from '../sls/messages.ts';
import { startSlsProcess, type SlsProcess } from '../sls/process.ts';
import { startDelegatedAdapter } from '../support/delegated-adapter.ts';
import { FrontProxy } from '../support/front-proxy.ts';
import { autoscalerOf, hpaRoutes, type HpaRoute, type HpaRoutesSize } from '../support/hpa-routes.ts';
import { logTrouble } from '../support/log-trouble.ts';
import { CpuSpans, residentMbOf } from '../support/process-usage.ts';
import { readInSync, syncSeconds, type SyncRead } from '../support/sync-reads.ts';

export interface FleetPlan extends HpaRoutesSize {
  /** Of each route: the lines of a window are a whole number. */
  readonly linesPerSecond: number;
  /** Whether the API server has the HPAs; else the adapter knows of the reads alone. */
  readonly autoscalers: boolean;
  /** How often lines are put. */
  readonly tickMs: number;
  /** Measured ones. */
  readonly passes: number;
  /** Seconds without a read, cut into spans for which CPU time is taken. */
  readonly quiet: { readonly spans: number; readonly spanSeconds: number };
}

/** What was seen of a fleet that is read by its HPAs. */
export interface FleetRun {
  /** The first read of each. */
  readonly warmUp: readonly SyncRead[];
  readonly passes: readonly (readonly SyncRead[])[];
  /** Those that arrived during the passes. */
  readonly queries: readonly SeenQuery[];
  readonly measuredMs: number;
  /** CPU time of the adapter by wall time, in per cent of one core. */
  readonly readingCpuPercent: readonly number[];
  readonly quietCpuPercent: readonly number[];
  /** At the end, and the most that it ever was. */
  readonly residentMb: { readonly now: number; readonly peak: number };
}

/**
 * First reads at a time, as many as the controller has workers. It has 5 (--concurrent-horizontal-pod-autoscaler-syncs)
 * and with so few cannot look at 10,000 HPAs in 15 s, whatever the adapter does.
 */
const workers = 100;

/** After the first reads, so that nothing of them is measured. */
const settleSeconds = 5;

/** The adapter as shipped, its API server and an SLS with traffic; the HPAs are played by this process. */
export async function runFleet(plan: FleetPlan, { signal, progress }: RowContext): Promise<FleetRun> {
  const routes = hpaRoutes(plan);
  await using sls = await startSlsProcess(slsSettings(plan, routes));
  await using adapter = await startDelegatedAdapter({
    slsUrl: sls.url,
    onLog: logTrouble(progress),
    ...(plan.autoscalers && { prepare: ({ hpas }) => routes.forEach((one) => hpas.put(autoscalerOf(one))) }),
  });
  using frontProxy = new FrontProxy(adapter.url, adapter.pair);
  await waitFor(async () => (await frontProxy.get('/readyz')).status === 200, 15_000, 'a ready adapter');
  const pause = (seconds: number) => sleep(seconds * 1000, undefined, { signal });
  const paths = routes.map(({ path }) => path);
  progress(`${routes.length} routes: the first reads`);
  const warmUp = (await readInSync({ frontProxy, paths, signal, passes: 1, mostAtOnce: workers })).flat();
  await pause(settleSeconds);
  progress(`${routes.length} routes: measuring for ${plan.passes * syncSeconds} s`);
  const startMs = Date.now();
  const readingCpu = new CpuSpans(adapter.pid);
  const onPass = (pass: number) => {
    if (pass > 0) readingCpu.cut();
  };
  const passes = await readInSync({ frontProxy, paths, signal, passes: plan.passes, onPass });
  const endMs = Date.now();
  progress(`${routes.length} routes: refreshing, without a read`);
  const quietCpu = new CpuSpans(adapter.pid);
  for (let span = 0; span < plan.quiet.spans; span += 1) {
    await pause(plan.quiet.spanSeconds);
    quietCpu.cut();
  }
  await allReported(sls);
  return {
    warmUp,
    passes,
    queries: sls.queries.filter(({ arrivedMs }) => arrivedMs >= startMs && arrivedMs < endMs),
    measuredMs: endMs - startMs,
    readingCpuPercent: readingCpu.percents,
    quietCpuPercent: quietCpu.percents,
    residentMb: residentMbOf(adapter.pid),
  };
}

/** Traffic on all of them, and an SLS that is 80 ms away. */
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
    lots: byLogstore.size === 1 ? 2 : 1,
    logstores: [...byLogstore].map(([logstore, own]) => ({
      logstore,
      routes: own.map(({ name }) => name),
      linesPerSecond,
    })),
  };
}

/** The two kinds of queries add up to all that SLS counted; one may be under way. */
async function allReported(sls: SlsProcess): Promise<void> {
  const { queries } = await sls.stats();
  await waitFor(() => sls.queries.length >= queries, 10_000, `the report of all ${queries} queries`);
}
