import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { accessKey, basePath, logstore, project, readPath, selectorOf } from '../support/adapter.ts';
import { AdapterProcess, freePort } from './adapter-process.ts';
import { ControlPlane } from './control-plane.ts';
import { deploymentName, guideDeployment, guideHpa, hpaName, routeOf } from './guide.ts';
import { registrationOf, type Registration } from './registration.ts';
import { SteadyTraffic } from './steady-traffic.ts';
import { deleteAll, deleteByHand, newTestRun } from './test-run.ts';

const apiService = 'v1beta1.external.metrics.k8s.io';
const run = newTestRun();
const route = routeOf(run);
const labels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': route };
const inWorkload = ['-n', run.workloadNamespace];
const metricPath = readPath('sls_ingress_qps', selectorOf(labels), run.workloadNamespace);

/** Where the API server finds the adapter: this machine, unless it runs in a container of its own. */
const host = process.env['CLUSTER_ADAPTER_HOST'] ?? 'localhost';

const cleanup = new AsyncDisposableStack();
let cluster: ControlPlane;
let emulator: Emulator;
let traffic: SteadyTraffic;
let registration: Registration;
let adapter: AdapterProcess;
let nobody: { file: string; token: string };

async function startAdapter(port: number): Promise<AdapterProcess> {
  const { serviceAccount, args } = registration;
  const { file } = await cluster.kubeconfigOf(run.adapterNamespace, serviceAccount);
  const process = new AdapterProcess({
    args,
    bindAddress: host === 'localhost' ? '127.0.0.1' : '0.0.0.0',
    port,
    serviceNamespace: run.adapterNamespace,
    kubeconfig: file,
    slsEndpoint: emulator.url,
    directory: cluster.directory,
    accessKey,
  });
  return cleanup.use(process);
}

async function startTraffic(): Promise<void> {
  const logstores = [{ project, logstore }];
  emulator = cleanup.use(
    await startEmulator({ listenHost: '127.0.0.1', listenPort: 0, logstores, accessKey }),
  );
  traffic = cleanup.use(new SteadyTraffic(emulator.sink(project, logstore), route));
  traffic.start();
}

beforeAll(async () => {
  cluster = cleanup.use(await ControlPlane.connect(process.env['CLUSTER_KUBECONFIG'] ?? ''));
  const present = await cluster.kubectl([
    'get',
    'apiservice',
    apiService,
    '--ignore-not-found',
    '-o',
    'name',
  ]);
  if (present !== '') throw new Error(`this cluster has a provider of external metrics already: ${present}`);
  console.log(`run ${run.id}; should it be killed, delete what is left: ${deleteByHand}`);
  cleanup.defer(() => deleteAll(cluster, run));
  await startTraffic();
  const port = await freePort();
  registration = await registrationOf(run, host, port);
  await cluster.create(registration.objects);
  const namespace = run.workloadNamespace;
  await cluster.create([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: run.labels } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'nobody', namespace } },
  ]);
  nobody = await cluster.kubeconfigOf(namespace, 'nobody');
  adapter = await startAdapter(port);
});
afterAll(() => cleanup.disposeAsync());

interface Hpa {
  readonly status?: { readonly desiredReplicas?: number; readonly conditions?: readonly Condition[] };
}
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** `spec.replicas` of the guide's Deployment: without a kubelet no pod ever runs, but all are wanted. */
async function replicas(): Promise<number> {
  const found = (await cluster.get(['deployment', deploymentName, ...inWorkload])) as {
    spec: { replicas: number };
  };
  return found.spec.replicas;
}

const hpaLine = () => cluster.kubectl(['get', 'hpa', hpaName, ...inWorkload, '--no-headers']);

/** Waits until the HPA shows the targets and the replicas; whatever it went through is returned too. */
async function settles(targets: string, wanted: number): Promise<readonly number[]> {
  const seen = new Set<number>();
  await cluster.eventually(`HPA at ${targets} with ${wanted} replicas`, 150, async () => {
    seen.add(await replicas());
    const line = await hpaLine();
    if (!seen.has(wanted) || (await replicas()) !== wanted || !line.includes(` ${targets} `))
      throw new Error(line);
    return line;
  });
  return [...seen];
}

describe('the API server and the adapter', () => {
  it('find each other: the APIService is available, by the certificate that the adapter put there', async () => {
    const found = await cluster.eventually('the APIService is available', 60, async () => {
      adapter.throwIfEnded();
      const object = (await cluster.get(['apiservice', apiService])) as {
        spec: { caBundle?: string; insecureSkipTLSVerify?: boolean };
        status: { conditions: readonly Condition[] };
      };
      const available = object.status.conditions.find(({ type }) => type === 'Available');
      if (available?.status !== 'True') throw new Error(`${available?.message ?? ''}; ${adapter.log}`);
      return object;
    });
    expect(found.spec.insecureSkipTLSVerify ?? false).toBe(false);
    const bundle = Buffer.from(found.spec.caBundle ?? '', 'base64').toString();
    expect(bundle).toContain((await adapter.certificate()).trim());
  });

  it('list the metrics', async () => {
    const resources = await cluster.kubectl(['api-resources', '--api-group', 'external.metrics.k8s.io']);
    expect(resources).toMatch(
      /^sls_ingress_qps +external\.metrics\.k8s\.io\/v1beta1 +true +ExternalMetricValueList$/m,
    );
  });

  it('read a metric for whoever may', async () => {
    expect(JSON.parse(await cluster.kubectl(['get', '--raw', metricPath]))).toMatchObject({
      items: [{ metricName: 'sls_ingress_qps', value: '0' }],
    });
  });
});

describe('whoever may not', () => {
  it('is refused by the API server', async () => {
    await expect(cluster.kubectl(['get', '--raw', metricPath], '', nobody.file)).rejects.toThrow(
      /Forbidden.*cannot list resource "sls_ingress_qps" in API group "external\.metrics\.k8s\.io"/,
    );
  });

  it.each<[who: string, headers: () => Readonly<Record<string, string>>, code: number]>([
    ['a token without rights', () => ({ authorization: `Bearer ${nobody.token}` }), 403],
    ['a token of no one', () => ({ authorization: 'Bearer made.up.token' }), 401],
    ['nobody', () => ({}), 403],
    [
      'a front proxy without its certificate',
      () => ({ 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' }),
      403,
    ],
  ])('is refused by the adapter itself: %s', async (_, headers, code) => {
    const reply = await adapter.ask(metricPath, headers());
    expect(reply.code, reply.body).toBe(code);
    expect(JSON.parse(reply.body)).toMatchObject({ kind: 'Status', status: 'Failure', code });
  });

  it.each([
    ['secrets', ['get', 'secrets', '--all-namespaces']],
    ['pods', ['list', 'pods', '--all-namespaces']],
    ['other APIServices', ['patch', 'apiservices/v1.apps']],
    ['metrics, which only others read', ['list', 'sls_ingress_qps.external.metrics.k8s.io']],
  ])('the adapter has no access to %s', async (_, args) => {
    const { adapterNamespace } = run;
    const user = `system:serviceaccount:${adapterNamespace}:${registration.serviceAccount}`;
    // kubectl's exit code is 1 with a "no".
    const answer = cluster.kubectl(['auth', 'can-i', ...args, '--as', user, '--quiet']);
    await expect(answer).rejects.toThrow(/can-i/);
  });
});

describe("the guide's HPA", () => {
  beforeAll(async () => {
    const versions = (await cluster.kubectl(['api-versions'])).split('\n');
    const version = versions.includes('autoscaling/v2') ? 'autoscaling/v2' : 'autoscaling/v2beta2';
    await cluster.create([guideDeployment(run), guideHpa(run, version, labels)]);
  });

  it('is at rest without traffic', async () => {
    expect(await settles('0/10 (avg)', 1)).toEqual([1]);
  });

  it('wants exactly 8 replicas of 78 requests per second', async () => {
    traffic.set(78);
    const seen = await settles('9750m/10 (avg)', 8);
    expect(Math.max(...seen)).toBe(8);
  });

  it('wants 3 of 23.8', async () => {
    traffic.set(23.8);
    const seen = await settles('7934m/10 (avg)', 3);
    expect(Math.min(...seen)).toBe(3);
  });

  it('goes back to 1 without traffic', async () => {
    traffic.set(0);
    await settles('0/10 (avg)', 1);
  });

  it('stays where it is while SLS is down, and says why', async () => {
    traffic.set(41);
    await settles('8200m/10 (avg)', 5);
    await traffic[Symbol.asyncDispose]();
    await emulator.stop();
    await cluster.eventually('the HPA has failed three times', 180, async () => {
      const { status } = (await cluster.get(['hpa.v1.autoscaling', hpaName, ...inWorkload])) as Hpa;
      const failures = await failedSyncs();
      if (failures < 3) throw new Error(`${failures} failures; ${JSON.stringify(status)}`);
      return failures;
    });
    expect(await replicas()).toBe(5);
    expect(await cluster.kubectl(['describe', 'hpa', hpaName, ...inWorkload])).toMatch(
      /unable to fetch metrics from external metrics API: .*SLS.* cannot be reached/,
    );
  });

  async function failedSyncs(): Promise<number> {
    const events = (await cluster.get(['events', ...inWorkload])) as {
      items: readonly { reason: string; count?: number; series?: { count: number } }[];
    };
    return events.items
      .filter(({ reason }) => reason === 'FailedGetExternalMetric')
      .reduce((sum, { count, series }) => sum + (series?.count ?? count ?? 1), 0);
  }
});

it('the adapter stops as a kubelet stops it', async () => {
  expect(await adapter.ask(basePath, {}).then(({ code }) => code)).toBeLessThan(500);
  expect(await adapter.stop()).toBe(0);
});
