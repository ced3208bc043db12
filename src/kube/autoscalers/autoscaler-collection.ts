import { AutoscalingApi, CustomObjectsApi } from '@kubernetes/client-node';
import type { CallOptions, KubeClient } from '../client/kube-client.ts';
import { KubeError } from '../client/kube-error.ts';
import { isRecord } from '../client/kube-object.ts';
import { listPages, type Collection } from '../client/list-pages.ts';
import { autoscalerOf, type Autoscaler } from './autoscaler.ts';

/** The versions of API group autoscaling that we read, the preferred one first. They are the same for us. */
const autoscalerVersions = ['v2', 'v2beta2'] as const;
export type AutoscalerVersion = (typeof autoscalerVersions)[number];
export const unservedMessage = `autoscaling has neither of ${autoscalerVersions.join(' and ')}`;

const plural = 'horizontalpodautoscalers';
const pageSize = 100;

/** Returns the version in which the cluster serves HPAs; undefined: in none that we read. @throws KubeError */
export async function servedAutoscalerVersion(
  client: KubeClient,
  options: CallOptions,
): Promise<AutoscalerVersion | undefined> {
  const api = client.api(AutoscalingApi);
  try {
    const group = await client.call((request) => api.getAPIGroup({}, request), options);
    const versions: unknown = group.versions;
    if (!Array.isArray(versions))
      throw new KubeError('reply', 'GET /apis/autoscaling/ answered no API group');
    const served = new Set(versions.map((one: unknown) => (isRecord(one) ? one['version'] : undefined)));
    return autoscalerVersions.find((version) => served.has(version));
  } catch (error) {
    if (error instanceof KubeError && error.statusCode === 404) return undefined;
    throw error;
  }
}

/**
 * Returns the HPAs of one namespace, or of all namespaces. client-node has no types for versions that Kubernetes 1.26
 * removed, but its API for custom resources reads every version.
 */
export function autoscalerCollection(
  client: KubeClient,
  version: AutoscalerVersion,
  namespace: string | undefined,
): Collection {
  const place = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const api = client.api(CustomObjectsApi);
  const kind = { group: 'autoscaling', version, plural };
  return {
    path: `/apis/autoscaling/${version}${place}/${plural}`,
    list: (page, options) =>
      namespace === undefined
        ? api.listClusterCustomObject({ ...kind, ...page }, options)
        : api.listNamespacedCustomObject({ ...kind, namespace, ...page }, options),
  };
}

/** Returns one HPA as the API server has it. @throws KubeError; the signal's reason */
export async function readAutoscaler(
  client: KubeClient,
  namespace: string,
  name: string,
  options: CallOptions,
): Promise<unknown> {
  const version = await servedAutoscalerVersion(client, options);
  if (version === undefined) throw new KubeError('reply', unservedMessage);
  const one = { group: 'autoscaling', version, plural, namespace, name };
  const api = client.api(CustomObjectsApi);
  return client.call((request) => api.getNamespacedCustomObject(one, request), options);
}

/**
 * Lists the HPAs once.
 *
 * @param namespaces empty: all
 * @throws KubeError; the signal's reason
 */
export async function listAutoscalers(
  client: KubeClient,
  namespaces: readonly string[],
  options: CallOptions,
): Promise<readonly Autoscaler[]> {
  const version = await servedAutoscalerVersion(client, options);
  if (version === undefined) throw new KubeError('reply', unservedMessage);
  /** @bound the HPAs of the cluster, for `doctor` | names and selectors | - | - */
  const found: Autoscaler[] = [];
  for (const namespace of namespaces.length === 0 ? [undefined] : namespaces) {
    const collection = autoscalerCollection(client, version, namespace);
    for await (const { items } of listPages(client, collection, pageSize, options))
      found.push(...items.flatMap((item) => autoscalerOf(item) ?? []));
  }
  return found;
}
