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
    moreLogstores: [logstoreOf('adaptive')],
    linesLateSeconds: step.linesLateSeconds,
    delaySeconds: step.delaySeconds,
  });
  return () => loop[Symbol.asyncDispose]();
});
beforeEach(({ signal }) => {
  loop.cluster.signal = signal;
});

const loggedRoute = ({ workloadNamespace }: TestRun, route: string) => `${workloadNamespace}-${route}-80`;

/** One for each kind of window: the refreshes of a logstore have a budget. */
const logstoreOf = (window: (typeof windows)[number]) =>
  window === 'fixed' ? logstore : `${logstore}-${window}`;

const labelsOf = (route: string, window: (typeof windows)[number]) => ({
  'sls.project': project,
  'sls.logstore': logstoreOf(window),
  'sls.ingress.route': loggedRoute(loop.run, route),
  'sls.query.window': window,
});

/** Creates the HPAs of a route a second after those before, so that their reads are spread over the 15 s. */
async function createWorkloads(): Promise<void> {
  const namespace = loop.run.workloadNamespace;
  const served = await loop.cluster.kubectl(['api-versions']);
  const version = served.includes('autoscaling/v2\n') ? 'autoscaling/v2' : 'autoscaling/v2beta2';
  const workloads = routes.map((route) =>
    windows.map((window) =>
      step.stepWorkload(namespace, nameOf(route, window), labelsOf(route, window), version),
    ),
  );
  await loop.cluster.create(workloads.flat().map(({ deployment }) => deployment));
  const startMs = Date.now();
  for (const [index, pair] of workloads.entries()) {
    await sleep(Math.max(0, startMs + (index * step.syncSeconds * 1000) / routes.length - Date.now()));
    await loop.cluster.create(pair.map(({ hpa }) => hpa));
  }
}

/** Reads the rate of a route over the last minute. */
async function rateOfMinute(): Promise<string> {
  const labels = selectorOf({ ...labelsOf(routes[0] ?? '', 'fixed'), 'sls.query.interval': '60' });
  const path = readPath('sls_ingress_qps', labels, loop.run.workloadNamespace);
  const { items } = JSON.parse(await loop.cluster.kubectl(['get', '--raw', path])) as {
    items: readonly [{ value: string }];
  };
  return items[0].value;
}

it('HPAs have enough replicas after a step sooner than with the stock policy', async () => {
  await loop.cluster.eventually('the adapter is ready', 60, () => {
    loop.adapter.throwIfEnded();
    return rateOfMinute();
  });
  loop.traffic.set(step.perSecond.from);
  await createWorkloads();
  // The adaptive window compares with the minute before.
  await loop.cluster.eventually('a minute has the rate before the step', 120, async () => {
    const rate = await rateOfMinute();
    if (rate !== String(step.perSecond.from)) throw new Error(`${rate} requests/s`);
    return rate;
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
});

const all = () => routes.flatMap((route) => windows.map((window) => nameOf(route, window)));

function reachedMs(watch: ReplicaWatch, route: string, window: (typeof windows)[number]): number {
  return watch.reached(nameOf(route, window), step.wantedReplicas) ?? NaN;
}
