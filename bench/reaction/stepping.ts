import { setTimeout as sleep } from 'node:timers/promises';
import { accessKey, project } from '../../test/support/adapter.ts';
import type { RowContext } from '../row.ts';
import type { SeenLines, SeenQuery } from '../sls/messages.ts';
import { startSlsProcess, type SlsProcess } from '../sls/process.ts';
import { startDelegatedAdapter } from '../support/delegated-adapter.ts';
import { FrontProxy } from '../support/front-proxy.ts';
import { autoscalerOf, hpaRoutes, type HpaRoute } from '../support/hpa-routes.ts';
import { logTrouble } from '../support/log-trouble.ts';
import { readInSync, syncSeconds, type SyncRead } from '../support/sync-reads.ts';
import { delaySecondsOf, type Step } from './reaction.ts';
import { stepOffsets, steppingRoutes } from './step-plan.ts';

export const slsLatencyMs = 80;
const perSecond = { from: 10, to: 50 } as const;

/** Below this, the delay has been learned: lines come up to 4 s late, and it starts from 10 s. */
const learnedDelaySeconds = 6;
const mostLearningMs = 210_000;

/** From the first step: 15 s until the last, then window, delay, refresh and sync. */
const passes = 4;

/** Steps, and what the HPAs read of them. */
export interface SteppingRun {
  readonly steps: readonly { readonly step: Step; readonly reads: readonly SyncRead[] }[];
  /** Those for readings that were answered well, in order. */
  readonly queries: readonly SeenQuery[];
  readonly lines: readonly SeenLines[];
  /** From the first query to the first with the learned delay; undefined: that never came. */
  readonly learningMs: number | undefined;
}

/** The adapter as shipped, some HPAs in its API server; waits for the delay to be learned, and has their routes step. */
export async function runSteps({ signal, progress }: RowContext): Promise<SteppingRun> {
  const routes = hpaRoutes({ logstores: 1, routesPerLogstore: steppingRoutes, namespaces: 1 });
  await using sls = await startStepping(routes);
  await using adapter = await startDelegatedAdapter({
    slsUrl: sls.url,
    onLog: logTrouble(progress),
    prepare: ({ hpas }) => routes.forEach((one) => hpas.put(autoscalerOf(one))),
  });
  using frontProxy = new FrontProxy(adapter.url, adapter.pair);
  const learningMs = await learnedAfterMs(sls, signal);
  progress(`reaction: the delay is ${learningMs === undefined ? 'not ' : ''}learned; steps begin`);
  const steps = orderSteps(sls, routes);
  const paths = routes.map(({ path }) => path);
  const reads = (await readInSync({ frontProxy, paths, signal, passes })).flat();
  progress('reaction: done');
  return {
    steps: steps.map((step, place) => ({ step, reads: reads.filter(({ index }) => index === place) })),
    queries: goodReadings(sls),
    lines: sls.lines,
    learningMs,
  };
}

const startStepping = (routes: readonly HpaRoute[]) =>
  startSlsProcess({
    project,
    accessKey,
    latencyMs: slsLatencyMs,
    sqlConcurrency: 15,
    ingestLagMs: [1000, 4000],
    tickMs: 200,
    lots: 4,
    logstores: [
      {
        logstore: routes[0]?.logstore ?? '',
        routes: routes.map(({ name }) => name),
        linesPerSecond: perSecond.from,
        stepping: true,
      },
    ],
  });

const goodReadings = ({ queries }: SlsProcess) =>
  queries.filter(({ kind, statusCode }) => kind === 'reading' && statusCode === 200);

/** @returns undefined where it takes too long */
async function learnedAfterMs(sls: SlsProcess, signal: AbortSignal): Promise<number | undefined> {
  const startMs = performance.now();
  while (performance.now() - startMs < mostLearningMs) {
    const queries = goodReadings(sls);
    const learned = queries.find((query) => delaySecondsOf(query) <= learnedDelaySeconds);
    if (learned !== undefined) return learned.arrivedMs - (queries[0]?.arrivedMs ?? 0);
    await sleep(500, undefined, { signal });
  }
  return undefined;
}

/** They begin now, over one period. */
function orderSteps(sls: SlsProcess, routes: readonly HpaRoute[]): Step[] {
  const nowMs = Math.ceil(Date.now() / 10) * 10;
  const offsets = stepOffsets(syncSeconds);
  return routes.map(({ name: route }, place) => {
    const atMs = nowMs + 1000 * (offsets[place] ?? 0);
    sls.step({ route, atMs, perSecond: perSecond.to });
    return { route, atMs, fromPerSecond: perSecond.from, toPerSecond: perSecond.to };
  });
}
