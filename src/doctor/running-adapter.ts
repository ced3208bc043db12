import { AppsV1Api } from '@kubernetes/client-node';
import { KubeError } from '../kube/client/kube-error.ts';
import type { Examination } from './examination.ts';

/**
 * Returns whether the adapter in the cluster maintains its APIService. From elsewhere, the arguments in its Deployment say
 * so.
 *
 * @returns undefined if that Deployment does not exist, or if we may not read it
 */
export async function managesApiService(
  { facts }: Examination,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const { kubernetes } = facts.get('config');
  const account = facts.get('account');
  if (kubernetes.manageApiService || account.isOwn) return kubernetes.manageApiService;
  const api = facts.get('kube').api(AppsV1Api);
  const name = { name: kubernetes.serviceName, namespace: account.namespace };
  try {
    const { spec } = await facts
      .get('kube')
      .call((options) => api.readNamespacedDeployment(name, options), { signal });
    const words = spec?.template.spec?.containers.flatMap(({ command = [], args = [] }) => [
      ...command,
      ...args,
    ]);
    return words?.some((word) => word === '--manage-apiservice' || word === '--manage-apiservice=true');
  } catch (error) {
    if (error instanceof KubeError && [403, 404].includes(error.statusCode ?? 0)) return undefined;
    throw error;
  }
}
