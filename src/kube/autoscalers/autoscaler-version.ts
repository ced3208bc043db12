import type { CallOptions, KubeClient } from '../client/kube-client.ts';
import { KubeError, isRecord } from '../client/kube-error.ts';

/** Those of group autoscaling whose HPAs are of one shape for us, the preferred one first. */
export const autoscalerVersions = ['v2', 'v2beta2'] as const;
export type AutoscalerVersion = (typeof autoscalerVersions)[number];

/**
 * The version in which the cluster serves HorizontalPodAutoscalers; undefined: in none that we read.
 *
 * @throws KubeError; the signal's reason
 */
export async function servedAutoscalerVersion(
  client: KubeClient,
  options: CallOptions,
): Promise<AutoscalerVersion | undefined> {
  const path = '/apis/autoscaling';
  let group: unknown;
  try {
    group = await client.get(path, options);
  } catch (error) {
    if (error instanceof KubeError && error.statusCode === 404) return undefined;
    throw error;
  }
  const versions = isRecord(group) ? group['versions'] : undefined;
  if (!Array.isArray(versions)) throw new KubeError('reply', `GET ${path} answered no API group`);
  const served = new Set(versions.map((one: unknown) => (isRecord(one) ? one['version'] : undefined)));
  return autoscalerVersions.find((version) => served.has(version));
}
