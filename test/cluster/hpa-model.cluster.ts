import { AppsV1Api, KubeConfig } from '@kubernetes/client-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AutoscalerSpec } from '../../src/scaling/autoscaler-spec.ts';
import { HpaController, type Decision, type SyncInput } from '../../src/scaling/controller.ts';
import { parseHpaManifest } from '../../src/scaling/hpa-manifest.ts';
import { eventsOf } from '../../emulator/demo/hpa-events.ts';
import { seeded } from '../support/seeded.ts';
import type { KubernetesObject } from '../support/manifests.ts';
import { ControlPlane } from './control-plane.ts';
import { ScriptedMetrics } from './scripted-metrics.ts';
import { deleteAll, deleteByHand, newTestRun } from './test-run.ts';

/** How long the HPAs run. The cluster's sync period may be shorter than usual, such as 5 s. */
const seconds = Number(process.env['CLUSTER_MODEL_SECONDS'] ?? 180);

const pods = (value: number, periodSeconds: number) => ({ type: 'Pods', value, periodSeconds });
const percent = (value: number, periodSeconds: number) => ({ type: 'Percent', value, periodSeconds });
const rules = (stabilizationWindowSeconds: number, policies: object[], more: object = {}) => ({
  ...{ stabilizationWindowSeconds, policies, ...more },
});

/** Periods and windows are no multiple of a sync period, since a change exactly that old counts or not by milliseconds. */
const cases: Readonly<Record<string, { behavior?: object; kind?: 'Value'; metrics?: number }>> = {
  'no-behavior': {},
  'empty-behavior': { behavior: {} },
  windows: {
    behavior: {
      scaleUp: rules(33, [pods(3, 17)]),
      scaleDown: rules(47, [percent(50, 32)]),
    },
  },
  'both-ways': {
    behavior: { scaleUp: rules(0, [pods(9, 43)]), scaleDown: rules(7, [pods(6, 33), percent(30, 12)]) },
  },
  minimum: {
    behavior: {
      scaleUp: rules(0, [pods(2, 12), percent(60, 42)], { selectPolicy: 'Min' }),
      scaleDown: rules(22, [pods(4, 22), percent(40, 12)], { selectPolicy: 'Min' }),
    },
  },
  'two-metrics': {
    metrics: 2,
    behavior: {
      scaleUp: { tolerance: '20m' },
      scaleDown: { ...rules(12, [percent(100, 12)]), tolerance: '300m' },
    },
  },
  value: { kind: 'Value', behavior: { scaleDown: rules(12, [pods(1, 12)]) } },
};

/** One sync of the real controller, as far as the metrics API sees it. */
type SeenSync = SyncInput & { readonly usagesMilli: number[] };

const run = newTestRun();
const namespace = run.workloadNamespace;
const syncs = new Map(Object.keys(cases).map((name) => [name, [] as SeenSync[]]));
const random = seeded(Number(process.env['CLUSTER_MODEL_SEED'] ?? 7));
const levels = new Map<string, number>();
let cluster: ControlPlane;
let metrics: ScriptedMetrics;
let apps: AppsV1Api;

/** A level that wanders and jumps, between 0 and 25 pods. */
function nextMilli(metric: string): number {
  const before = levels.get(metric) ?? 3;
  const jump = random() < 0.15 ? random() * 25 : before * (0.85 + random() * 0.3);
  const level = Math.min(25, random() < 0.02 ? 0 : jump);
  levels.set(metric, level);
  return Math.ceil(level * 10_000);
}

async function answer(metric: string): Promise<number | undefined> {
  const [name = '', index = '0'] = metric.split('.');
  const seen = syncs.get(name);
  if (seen === undefined) return undefined;
  if (index === '0') {
    const nowSeconds = Date.now() / 1000;
    const { spec, status } = await apps.readNamespacedDeployment({ namespace, name });
    seen.push({
      ...{ nowSeconds, specReplicas: spec?.replicas ?? 0, statusReplicas: status?.replicas ?? 0 },
      ...{ readyReplicas: status?.readyReplicas ?? 0, usagesMilli: [] },
    });
  }
  const milli = random() < 0.06 ? undefined : nextMilli(metric);
  const last = seen.at(-1);
  if (last !== undefined) last.usagesMilli[Number(index)] = milli ?? Number.NaN;
  return milli;
}

const hpaOf = (name: string): KubernetesObject & { readonly spec: object } => {
  const { behavior, kind = 'AverageValue', metrics: count = 1 } = cases[name] ?? {};
  const target = kind === 'Value' ? { type: kind, value: '50' } : { type: kind, averageValue: '10' };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace, labels: run.labels },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: 2,
      maxReplicas: 20,
      metrics: Array.from({ length: count }, (_, index) => ({
        type: 'External',
        external: { metric: { name: `${name}.${index}` }, target },
      })),
      ...(behavior === undefined ? {} : { behavior }),
    },
  };
};

const deploymentOf = (name: string): KubernetesObject & { readonly spec: object } => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace, labels: run.labels },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'pause', image: 'pause' }] },
    },
  },
});

beforeAll(async () => {
  cluster = await ControlPlane.connect(process.env['CLUSTER_KUBECONFIG'] ?? '');
  console.log(`run ${run.id}; should it be killed, delete what is left: ${deleteByHand}`);
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  apps = config.makeApiClient(AppsV1Api);
  metrics = await ScriptedMetrics.start(answer);
  const service = { name: 'scripted', namespace, port: metrics.port };
  await cluster.create([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: run.labels } },
    {
      ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'scripted', namespace } },
      spec: { type: 'ExternalName', externalName: 'localhost' },
    } as KubernetesObject,
    {
      ...{ apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService' },
      metadata: { name: 'v1beta1.external.metrics.k8s.io', labels: run.labels },
      spec: {
        ...{ group: 'external.metrics.k8s.io', version: 'v1beta1', service, insecureSkipTLSVerify: true },
        ...{ groupPriorityMinimum: 100, versionPriority: 100 },
      },
    } as KubernetesObject,
  ]);
  await cluster.create(Object.keys(cases).map(deploymentOf));
  await cluster.kubectl([
    'wait',
    'apiservice/v1beta1.external.metrics.k8s.io',
    '--for=condition=Available',
    '--timeout=60s',
  ]);
  await cluster.create(Object.keys(cases).map(hpaOf));
});

afterAll(async () => {
  await deleteAll(cluster, run);
  await metrics[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

it('scales as the model does, at every sync', { timeout: (seconds + 120) * 1000 }, async () => {
  await sleep(seconds * 1000);
  const report = await Promise.all(Object.keys(cases).map(compare));
  console.log(
    report.map(({ name, syncs, changes }) => `${name}: ${syncs} syncs, ${changes} changes`).join('; '),
  );
  expect(report.flatMap(({ differences }) => differences)).toEqual([]);
  for (const { syncs } of report) expect(syncs).toBeGreaterThan(8);
  // In three minutes the load of an HPA may by chance ask for no change.
  expect(report.filter(({ changes }) => changes > 0).length).toBeGreaterThan(report.length / 2);
});

/**
 * The API server's default policies have periods of 15 s, which is three syncs of 5 s. A change that is 15 s old counts or
 * not by milliseconds, which this test cannot see.
 */
function isAtEdge({ behavior }: AutoscalerSpec, seen: readonly SeenSync[], index: number): boolean {
  const policies = [...(behavior?.scaleUp.policies ?? []), ...(behavior?.scaleDown.policies ?? [])];
  if (policies.every(({ periodSeconds }) => periodSeconds !== 15)) return false;
  const now = seen[index]?.nowSeconds ?? 0;
  return seen.some(({ nowSeconds, specReplicas }, at) => {
    const isChange = at < index && seen[at + 1]?.specReplicas !== specReplicas;
    return isChange && Math.abs(now - nowSeconds - 15) < 0.5;
  });
}

async function compare(name: string) {
  // Read before the syncs, so that the sync of each event is among them. The controller folds similar events after the
  // first ten, so the texts of the others are not there to compare.
  const events = (await cluster.get(['events', '-n', namespace])) as {
    items: { reason: string; message: string; involvedObject: { kind: string; name: string } }[];
  };
  const hpa = parseHpaManifest(hpaOf(name));
  const { spec } = hpa;
  const controller = new HpaController(spec);
  const seen = syncs.get(name) ?? [];
  const differences: object[] = [];
  const decisions: Decision[] = [];
  for (const [index, input] of seen.entries()) {
    const decision = controller.sync(input);
    decisions.push(decision);
    const next = seen[index + 1];
    if (next === undefined) break;
    if (decision.replicas !== next.specReplicas && !isAtEdge(spec, seen, index))
      differences.push({ name, index, input, model: decision, real: next.specReplicas });
  }
  const texts = new Set(
    decisions.flatMap((decision) => eventsOf(hpa, decision)).map(({ message }) => message),
  );
  const changes = decisions.filter(({ current, replicas }) => current !== replicas).length;
  for (const { reason, message, involvedObject: of } of events.items) {
    const isOurs =
      of.kind === 'HorizontalPodAutoscaler' && of.name === name && reason === 'SuccessfulRescale';
    const isFolded = message.startsWith('(combined from similar events)');
    if (isOurs && !isFolded && !texts.has(message)) differences.push({ name, message });
  }
  return { name, syncs: seen.length, changes, differences };
}
