import { AppsV1Api, type V1PodSpec } from '@kubernetes/client-node';
import type { Config } from '../config/schema.ts';
import { readApiService } from '../kube/api-service.ts';
import type { KubeClient } from '../kube/client/kube-client.ts';
import { KubeError } from '../kube/client/kube-error.ts';
import { serviceNamespaceOf } from '../service/service-namespace.ts';

/** The namespace in the manifests of deploy/. */
const defaultNamespace = 'sls-metrics-adapter';

/** The ServiceAccount of the adapter. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
  /** True if doctor itself runs as this account, as in the adapter's pod. */
  readonly isOwn: boolean;
}

/** What doctor knows of the adapter whose rights it checks. */
export interface RunningAdapter {
  readonly account: Account;
  /** Whether it maintains its APIService; undefined if that cannot be found out. */
  readonly managesApiService: boolean | undefined;
}

/**
 * Returns the adapter of our own pod or, from elsewhere, the one in the cluster: where its APIService and its Deployment
 * say it is, else where the manifests of deploy/ put it. By convention Deployment and ServiceAccount have the name of the
 * Service.
 *
 * @param serviceAccount `{namespace}/{name}`, if the command line names one
 */
export async function runningAdapter(
  kube: KubeClient,
  config: Config,
  serviceAccount: string | undefined,
  isInPod: boolean,
  signal: AbortSignal,
): Promise<RunningAdapter> {
  const { serviceName, serviceNamespace, manageApiService } = config.kubernetes;
  if (isInPod && serviceAccount === undefined) {
    const namespace = (await serviceNamespaceOf(config)) ?? defaultNamespace;
    return { account: { namespace, name: serviceName, isOwn: true }, managesApiService: manageApiService };
  }
  const [givenNamespace, givenName] = serviceAccount?.split('/') ?? [];
  const namespace =
    givenNamespace ??
    serviceNamespace ??
    (await registeredNamespace(kube, serviceName, signal)) ??
    defaultNamespace;
  const pod = await podOf(kube, { name: serviceName, namespace }, signal);
  const name = givenName ?? pod?.serviceAccountName ?? serviceName;
  const words = pod?.containers.flatMap(({ command = [], args = [] }) => [...command, ...args]);
  const isManaged = words?.some((word) => /^--manage-apiservice(=true)?$/.test(word));
  return {
    account: { namespace, name, isOwn: false },
    managesApiService: manageApiService || isManaged,
  };
}

/** Returns the namespace of the Service that serves external metrics, if it has the name of ours. */
async function registeredNamespace(
  kube: KubeClient,
  serviceName: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const registered = await unlessHidden(() => readApiService(kube, { signal }));
  const service = registered?.spec?.service;
  return service?.name === serviceName ? service.namespace : undefined;
}

async function podOf(
  kube: KubeClient,
  deployment: { readonly name: string; readonly namespace: string },
  signal: AbortSignal,
): Promise<V1PodSpec | undefined> {
  const api = kube.api(AppsV1Api);
  const found = await unlessHidden(() =>
    kube.call((options) => api.readNamespacedDeployment(deployment, options), { signal }),
  );
  return found?.spec?.template.spec;
}

/** Returns undefined if the object does not exist or may not be read. The check `apiservice` reports other failures. */
async function unlessHidden<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof KubeError) return undefined;
    throw error;
  }
}
