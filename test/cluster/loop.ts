import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { accessKey, logstore, project } from '../support/adapter.ts';
import { AdapterProcess, freePort } from './adapter-process.ts';
import { ControlPlane } from './control-plane.ts';
import { routeOf } from './guide.ts';
import { registrationOf, type Registration } from './registration.ts';
import { SteadyTraffic } from './steady-traffic.ts';
import { deleteAll, deleteByHand, newTestRun, type TestRun } from './test-run.ts';

export const apiServiceName = 'v1beta1.external.metrics.k8s.io';

/** The loop without the HPA: a real control plane, and on this machine an adapter and an emulated SLS. */
export interface Loop extends AsyncDisposable {
  readonly run: TestRun;
  readonly cluster: ControlPlane;
  readonly emulator: Emulator;
  readonly traffic: SteadyTraffic;
  readonly registration: Registration;
  readonly adapter: AdapterProcess;
  /** A ServiceAccount without any rights. */
  readonly withoutRights: { readonly file: string; readonly token: string };
  /** Starts another adapter, which the Service does not point to. */
  startReplica(): Promise<AdapterProcess>;
}

interface LoopOptions {
  /** The routes with traffic. Default: that of the guide's workload. */
  readonly routesOf?: (run: TestRun) => readonly string[];
  /** Logstores with the same lines as the usual one. */
  readonly moreLogstores?: readonly string[];
  /** How long after its time a line is in the logstore. Default: it is there before. */
  readonly linesLateSeconds?: number;
  /** How long before now a window ends. Default: 2. */
  readonly delaySeconds?: number;
}

/** @throws Error if the cluster already has a provider of external metrics; objects created so far are deleted */
export async function startLoop(options: LoopOptions = {}): Promise<Loop> {
  // Any host but `localhost` makes the adapter listen on all addresses.
  const { CLUSTER_KUBECONFIG: kubeconfig = '', CLUSTER_ADAPTER_HOST: host = 'localhost' } = process.env;
  const { routesOf = (one: TestRun) => [routeOf(one)], linesLateSeconds, delaySeconds = 2 } = options;
  const names = [logstore, ...(options.moreLogstores ?? [])];
  await using stack = new AsyncDisposableStack();
  const run = newTestRun();
  const cluster = stack.use(await ControlPlane.connect(kubeconfig));
  await refuseAnotherProvider(cluster);
  console.log(`run ${run.id}; should it be killed, delete what is left: ${deleteByHand}`);
  stack.defer(() => deleteAll(cluster, run));
  const logstores = names.map((name) => ({ project, logstore: name }));
  const emulator = stack.use(await startEmulator({ logstores, accessKey }));
  const aheadSeconds = linesLateSeconds === undefined ? undefined : -linesLateSeconds;
  const sinks = names.map((name) => emulator.sink(project, name));
  const traffic = stack.use(new SteadyTraffic(sinks, routesOf(run), aheadSeconds));
  traffic.start();

  const port = await freePort();
  const registration = await registrationOf(run, host, port);
  await cluster.create(registration.objects);
  const withoutRights = await createWithoutRights(cluster, run);
  const startAdapter = async (name: string, ownPort: number) => {
    const directory = join(cluster.directory, name);
    await mkdir(directory);
    const { file } = await cluster.kubeconfigOf(run.adapterNamespace, registration.serviceAccount);
    return new AdapterProcess({
      args: registration.args,
      bindAddress: host === 'localhost' ? '127.0.0.1' : '0.0.0.0',
      port: ownPort,
      serviceNamespace: run.adapterNamespace,
      kubeconfig: file,
      slsEndpoint: emulator.url,
      delaySeconds,
      directory,
      accessKey,
    });
  };
  const adapter = stack.use(await startAdapter('first', port));
  const startReplica = async () => startAdapter('second', await freePort());
  const owned = stack.move();
  const made = { run, cluster, emulator, traffic, registration, adapter, withoutRights, startReplica };
  return { ...made, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function refuseAnotherProvider(cluster: ControlPlane): Promise<void> {
  const found = await cluster.kubectl(['get', 'apiservice', apiServiceName, '--ignore-not-found']);
  if (found !== '') throw new Error(`this cluster has a provider of external metrics already:\n${found}`);
}

async function createWithoutRights(cluster: ControlPlane, { workloadNamespace, labels }: TestRun) {
  await cluster.create([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: workloadNamespace, labels } },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'without-rights', namespace: workloadNamespace },
    },
  ]);
  return cluster.kubeconfigOf(workloadNamespace, 'without-rights');
}
