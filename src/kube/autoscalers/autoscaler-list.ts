import { autoscalerOf, type Autoscaler } from './autoscaler.ts';
import { autoscalerVersions, servedAutoscalerVersion } from './autoscaler-version.ts';
import type { CallOptions, KubeClient } from '../client/kube-client.ts';
import { KubeError } from '../client/kube-error.ts';
import { pageOf } from '../client/list-page.ts';

const pageSize = 500;

/**
 * The HPAs that there are now, once.
 *
 * @param namespaces none: all
 * @throws KubeError; the signal's reason
 */
export async function listAutoscalers(
  client: KubeClient,
  namespaces: readonly string[],
  options: CallOptions,
): Promise<readonly Autoscaler[]> {
  const version = await servedAutoscalerVersion(client, options);
  if (version === undefined)
    throw new KubeError('reply', `autoscaling has neither of ${autoscalerVersions.join(' and ')}`);
  const places =
    namespaces.length === 0 ? [''] : namespaces.map((name) => `/namespaces/${encodeURIComponent(name)}`);
  const lists = await Promise.all(
    places.map((place) =>
      listAll(client, `/apis/autoscaling/${version}${place}/horizontalpodautoscalers`, options),
    ),
  );
  return lists.flat();
}

async function listAll(
  client: KubeClient,
  path: string,
  options: CallOptions,
): Promise<readonly Autoscaler[]> {
  const found: Autoscaler[] = [];
  let next = '';
  do {
    const more = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
    const page = pageOf(await client.get(`${path}?limit=${pageSize}${more}`, options));
    if (page === undefined) throw new KubeError('reply', `GET ${path} answered no list`);
    found.push(...page.items.map(autoscalerOf).filter((one) => one !== undefined));
    next = page.next;
  } while (next !== '');
  return found;
}
