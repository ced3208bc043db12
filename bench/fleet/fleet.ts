import { setTimeout as sleep } from 'node:timers/promises';
import { accessKey, project } from '../../test/support/adapter.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { RowContext } from '../row.ts';
import type { SeenLines, SeenQuery, SlsSettings } from '../sls/messages.ts';
import { startSlsProcess, type SlsProcess } from '../sls/process.ts';
import { startDelegatedAdapter } from '../support/delegated-adapter.ts';
import { FrontProxy } from '../support/front-proxy.ts';
import { logTrouble } from '../support/log-trouble.ts';
import { CpuSpans, residentMbOf } from '../support/process-usage.ts';
import { autoscalerOf, fleetRoutes, type FleetRoute, type FleetSize } from './fleet-routes.ts';
import type { Step } from './reaction.ts';
import { stepOffsets, steppingRoutes } from './step-plan.ts';
import { readInSync, type SyncRead } from './sync-reads.ts';

export const syncSeconds = 15;
export const slsLatencyMs = 80;
const steppingPerSecond = { from: 10, to: 50 } as const;

export interface FleetPlan extends FleetSize {
  /** Of each route: the lines of a window are a whole number. */
  readonly linesPerSecond: number;
  /** Whether the API server has the HPAs; else the adapter knows of the reads alone. */
  readonly autoscalers: boolean;
  readonly tickMs: number;
  readonly warmUpPasses: number;
  readonly passes: number;
  /** The measured pass in which some routes of the first logstore step; none: no route steps. */
  readonly stepPass?: number;
  /** Seconds without a read, cut into spans for which CPU time is taken. */
  readonly quiet: { readonly spans: number; readonly spanSeconds: number };
}

/** What was seen of a fleet that is read by its HPAs. */
export interface FleetRun {
  readonly warmUp: readonly SyncRead[];
  readonly passes: readonly (readonly SyncRead[])[];
  /** Those that arrived during the passes. */
  readonly queries: readonly SeenQuery[];
  readonly measuredMs: number;
  readonly steps: readonly { readonly step: Step; readonly reads: readonly SyncRead[] }[];
  readonly lines: readonly SeenLines[];
  /** CPU time of the adapter by wall time, in per cent of one core. */
  readonly readingCpuPercent: readonly number[];
  readonly quietCpuPercent: readonly number[];
  readonly peakMb: number;
  readonly residentMb: number;
}

/** The adapter as shipped, its API server and an SLS with traffic; the HPAs are played by this process. */
export async function runFleet(plan: FleetPlan, { signal, progress }: RowContext): Promise<FleetRun> {
  const routes = fleetRoutes(plan, plan.stepPass === undefined ? 0 : steppingRoutes);
  await using sls = await startSlsProcess(slsSettings(plan, routes));
  await using adapter = await startDelegatedAdapter({
    slsUrl: sls.url,
    onLog: logTrouble(progress),
    ...(plan.autoscalers && { prepare: ({ hpas }) => routes.forEach((one) => hpas.put(autoscalerOf(one))) }),
  });
  using frontProxy = new FrontProxy(adapter.url, adapter.pair);
  await waitFor(async () => (await frontProxy.get('/readyz')).status === 200, 15_000, 'a ready adapter');
  const sync = { frontProxy, paths: routes.map(({ path }) => path), periodSeconds: syncSeconds, signal };
  progress(`${routes.length} routes: the first reads`);
  const warmUp = (await readInSync({ ...sync, passes: plan.warmUpPasses })).flat();
  progress(`${routes.length} routes: measuring for ${plan.passes * syncSeconds} s`);
  const startMs = Date.now();
  const readingCpu = new CpuSpans(adapter.pid);
  let steps: readonly Step[] = [];
  const onPass = (pass: number) => {
    if (pass > 0) readingCpu.cut();
    if (pass === plan.stepPass) steps = orderSteps(sls, routes);
  };
  const passes = await readInSync({ ...sync, passes: plan.passes, onPass });
  const endMs = Date.now();
  progress(`${routes.length} routes: refreshing, without a read`);
  const quietCpu = new CpuSpans(adapter.pid);
  for (let span = 0; span < plan.quiet.spans; span += 1) {
    await sleep(plan.quiet.spanSeconds * 1000, undefined, { signal });
    quietCpu.cut();
  }
  const { now: residentMb, peak: peakMb } = residentMbOf(adapter.pid);
  await checkQueries(sls);
  const indexOf = new Map(routes.map(({ name }, index) => [name, index]));
  return {
    warmUp,
    passes,
    queries: sls.queries.filter(({ arrivedMs }) => arrivedMs >= startMs && arrivedMs < endMs),
    measuredMs: endMs - startMs,
    steps: steps.map((step) => ({
      step,
      reads: passes.flat().filter(({ index }) => index === indexOf.get(step.route)),
    })),
    lines: sls.lines,
    readingCpuPercent: readingCpu.percents,
    quietCpuPercent: quietCpu.percents,
    peakMb,
    residentMb,
  };
}

function slsSettings({ linesPerSecond, tickMs }: FleetPlan, routes: readonly FleetRoute[]): SlsSettings {
  const byLogstore = Map.groupBy(routes, ({ logstore }) => logstore);
  const names = (some: readonly FleetRoute[]) => some.map(({ name }) => name);
  return {
    project,
    accessKey,
    latencyMs: slsLatencyMs,
    sqlConcurrency: 15,
    ingestLagMs: [1000, 4000],
    tickMs,
    lots: byLogstore.size === 1 ? 2 : 1,
    logstores: [...byLogstore].map(([logstore, own]) => ({
      logstore,
      routes: names(own.filter(({ stepping }) => !stepping)),
      linesPerSecond,
      stepping: {
        routes: names(own.filter(({ stepping }) => stepping)),
        perSecond: steppingPerSecond.from,
      },
    })),
  };
}

/** Steps begin with the pass. */
function orderSteps(sls: SlsProcess, routes: readonly FleetRoute[]): Step[] {
  const nowMs = Math.ceil(Date.now() / 10) * 10;
  const offsets = stepOffsets(syncSeconds);
  const stepping = routes.filter(({ stepping }) => stepping).slice(0, steppingRoutes);
  return stepping.map(({ name: route }, place) => {
    const atMs = nowMs + 1000 * (offsets[place] ?? 0);
    sls.step({ route, atMs, perSecond: steppingPerSecond.to });
    return { route, atMs, fromPerSecond: steppingPerSecond.from, toPerSecond: steppingPerSecond.to };
  });
}

/** What is told apart is what there was. */
async function checkQueries(sls: SlsProcess): Promise<void> {
  const { queries } = await sls.stats();
  await waitFor(
    () => sls.queries.length >= queries,
    2000,
    `the report of ${queries} queries, not ${sls.queries.length}`,
  );
}
