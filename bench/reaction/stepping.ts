import { accessKey, project } from '../../test/support/adapter.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { RowContext } from '../row.ts';
import type { SeenLines, SeenQuery } from '../sls/messages.ts';
import { startSlsProcess, type SlsProcess } from '../sls/process.ts';
import { startDelegatedAdapter } from '../support/delegated-adapter.ts';
import { FrontProxy } from '../support/front-proxy.ts';
import { adaptivePath, hpaRoutes, type HpaRoute } from '../support/hpa-routes.ts';
import { readInSync, syncSeconds, type SyncRead } from '../support/sync-reads.ts';
import { stepOffsets, steppingRoutes, type Step } from './reaction.ts';

export const slsLatencyMs = 80;
const perSecond = { from: 4, to: 20 } as const;

/** From here down the delay counts as learned. It starts at 10 s, and lines are up to 4 s late. */
const learnedDelaySeconds = 6;

/** All steps happen in the first pass. The others are for window, delay, refresh and sync period. */
const passes = 4;
const maxLearningPasses = 14;

/** The steps and the reads of their routes, with fixed and with adaptive windows. */
export interface SteppingRun {
  readonly steps: readonly {
    readonly step: Step;
    readonly fixed: readonly SyncRead[];
    readonly adaptive: readonly SyncRead[];
  }[];
  /** The successful queries for readings, in order. */
  readonly queries: readonly SeenQuery[];
  readonly lines: readonly SeenLines[];
  /** From the first query to the first with the learned delay. Undefined: the delay was not learned in time. */
  readonly learningMs: number | undefined;
}

/**
 * Runs the adapter as shipped, and reads each route twice every 15 s, with either window. Steps the rates once the delay is learned.
 *
 * @param phases how many moments of the 15 s have reads
 */
export async function runSteps({ signal, progress }: RowContext, phases: number): Promise<SteppingRun> {
  const routes = hpaRoutes({ logstores: 1, routesPerLogstore: steppingRoutes, namespaces: 1 });
  await using sls = await startStepping(routes);
  await using adapter = await startDelegatedAdapter({ slsUrl: sls.url, onProblem: progress });
  using frontProxy = new FrontProxy(adapter.url, adapter.pair);
  await waitFor(async () => (await frontProxy.get('/readyz')).status === 200, 'the adapter to be ready');
  let learningMs: number | undefined;
  let steps: Step[] = [];
  let lastPass = Infinity;
  const goesOn = (done: number) => {
    learningMs ??= learnedAfterMs(sls);
    if (lastPass === Infinity && (learningMs !== undefined || done >= maxLearningPasses)) {
      progress(`reaction: the delay is ${learningMs === undefined ? 'not ' : ''}learned, starting the steps`);
      steps = startSteps(sls, routes);
      lastPass = done + passes;
    }
    return done < lastPass;
  };
  const paths = routes.flatMap((route) => [route.path, adaptivePath(route)]);
  const all = await readInSync({ frontProxy, paths, phases, signal, passes: goesOn });
  progress('reaction: done');
  const readsOf = (path: number) =>
    all.slice(-passes).flatMap((reads) => reads.filter(({ index }) => index === path));
  return {
    steps: steps.map((step, route) => ({
      step,
      fixed: readsOf(2 * route),
      adaptive: readsOf(2 * route + 1),
    })),
    queries: successfulQueries(sls),
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
    batches: 4,
    logstores: [
      {
        logstore: routes[0]?.logstore ?? '',
        routes: routes.map(({ name }) => name),
        linesPerSecond: perSecond.from,
        stepping: true,
      },
    ],
  });

const successfulQueries = ({ queries }: SlsProcess) =>
  queries.filter(({ kind, statusCode }) => kind === 'reading' && statusCode === 200);

/** Returns how long before the query's arrival its window ended, in whole seconds. */
const delaySecondsOf = ({ arrivedMs, windowEndSeconds }: SeenQuery): number =>
  Math.floor(arrivedMs / 1000) - windowEndSeconds;

/** Returns the time from the first query to the first with the learned delay; undefined: there was none yet. */
function learnedAfterMs(sls: SlsProcess): number | undefined {
  const queries = successfulQueries(sls);
  const learned = queries.find((query) => delaySecondsOf(query) <= learnedDelaySeconds);
  return learned && learned.arrivedMs - (queries[0]?.arrivedMs ?? 0);
}

/** Sends one step command per route. The steps are spread over the next period. */
function startSteps(sls: SlsProcess, routes: readonly HpaRoute[]): Step[] {
  const nowMs = Math.ceil(Date.now() / 10) * 10;
  const offsets = stepOffsets(syncSeconds);
  return routes.map(({ name: route }, index) => {
    const atMs = nowMs + 1000 * (offsets[index] ?? 0);
    sls.step({ route, atMs, perSecond: perSecond.to });
    return { route, atMs, fromPerSecond: perSecond.from, toPerSecond: perSecond.to };
  });
}
