import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { logstore, project, readPath, selectorOf } from '../support/adapter.ts';
import { startLoop, type Loop } from './loop.ts';
import * as step from './reaction.ts';
import { ReplicaWatch } from './replica-watch.ts';
import type { TestRun } from './test-run.ts';

const routes = Array.from({ length: 15 }, (_, index) => `web-${index}`);
const windows = ['fixed', 'adaptive'] as const;
const nameOf = (route: string, window: string) => `${route}-${window}`;

let loop: Loop;

beforeAll(async () => {
  loop = await startLoop({
    routesOf: (run) => routes.map((route) => loggedRoute(run, route)),
    linesLateSeconds: step.linesLateSeconds,
    delaySeconds: 'learned',
  });
  return () => loop[Symbol.asyncDispose]();
});
beforeEach(({ signal }) => {
  loop.cluster.signal = signal;
});

const loggedRoute = ({ workloadNamespace }: TestRun, route: string) => `${workloadNamespace}-${route}-80`;

const labelsOf = (route: string) => ({
  'sls.project': project,
  'sls.logstore': logstore,
  'sls.ingress.route': loggedRoute(loop.run, route),
});

/** Creates the HPAs of a route a second after those before, so that their reads are spread over the 15 s. */
async function createWorkloads(): Promise<void> {
  const namespace = loop.run.workloadNamespace;
  const served = await loop.cluster.kubectl(['api-versions']);
  const version = served.includes('autoscaling/v2\n') ? 'autoscaling/v2' : 'autoscaling/v2beta2';
  const workloads = routes.map((route) =>
    windows.map((window) =>
      step.stepWorkload(
        namespace,
        nameOf(route, window),
        { ...labelsOf(route), 'sls.query.window': window },
        version,
      ),
    ),
  );
  await loop.cluster.create(workloads.flat().map(({ deployment }) => deployment));
  const startMs = Date.now();
  for (const [index, pair] of workloads.entries()) {
    await sleep(Math.max(0, startMs + (index * step.syncSeconds * 1000) / routes.length - Date.now()));
    await loop.cluster.create(pair.map(({ hpa }) => hpa));
  }
}

/** Returns how old the newest second of a reading is. */
async function ageSeconds(): Promise<number> {
  const labels = selectorOf(labelsOf(routes[0] ?? ''));
  const path = readPath('sls_ingress_qps', labels, loop.run.workloadNamespace);
  const { items } = JSON.parse(await loop.cluster.kubectl(['get', '--raw', path])) as {
    items: readonly [{ timestamp: string }];
  };
  return (Date.now() - Date.parse(items[0].timestamp)) / 1000;
}

it('HPAs have enough replicas after a step sooner than with the stock policy', async () => {
  await loop.cluster.eventually('the adapter is ready', 60, async () => {
    loop.adapter.throwIfEnded();
    return (await ageSeconds()) > 0;
  });
  loop.traffic.set(step.perSecond.from);
  await createWorkloads();
  // It starts from 10 s. A read every 15 s, as an HPA's, so that the refreshes meet the HPAs.
  await loop.cluster.eventually('the delay is learned', 400, async () => {
    const age = await ageSeconds();
    if (age < 7.5) return age;
    await sleep(14_000);
    throw new Error(`a reading is ${age} s old`);
  });
  using watch = new ReplicaWatch(loop.cluster, loop.run.workloadNamespace);
  await loop.cluster.eventually('the watch has all Deployments, with 1 replica', 60, () => {
    const left = all().filter((name) => watch.changesOf(name).at(-1)?.replicas !== 1);
    if (left.length > 0) throw new Error(`not ${left.join()}`);
    return Promise.resolve(true);
  });
  const stepSecond = loop.traffic.set(step.perSecond.to);
  await loop.cluster.eventually('every Deployment has enough replicas', 120, () => {
    const left = all().filter((name) => watch.reached(name, step.wantedReplicas) === undefined);
    if (left.length > 0) throw new Error(`not ${left.join()}`);
    return Promise.resolve(true);
  });

  const secondsOf = (window: (typeof windows)[number]) =>
    routes.map((route) => (reachedMs(watch, route, window) - stepSecond * 1000) / 1000);
  const [fixed, adaptive] = [secondsOf('fixed'), secondsOf('adaptive')];
  const stock = routes.map(
    (route) => step.stockReachedMs(stepSecond, reachedMs(watch, route, 'fixed')) / 1000 - stepSecond,
  );
  for (const [policy, seconds] of Object.entries({ stock, fixed, adaptive }))
    console.log(
      `${policy}: enough replicas after ${step.mean(seconds).toFixed(1)} s, median ${step.median(seconds).toFixed(1)} s`,
    );
  expect(1 - step.mean(fixed) / step.mean(stock)).toBeGreaterThanOrEqual(0.06);
  expect(1 - step.mean(adaptive) / step.mean(stock)).toBeGreaterThanOrEqual(0.25);
}, 700_000);

const all = () => routes.flatMap((route) => windows.map((window) => nameOf(route, window)));

function reachedMs(watch: ReplicaWatch, route: string, window: (typeof windows)[number]): number {
  return watch.reached(nameOf(route, window), step.wantedReplicas) ?? NaN;
}
