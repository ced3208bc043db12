import { randomBytes } from 'node:crypto';
import type { ControlPlane } from './control-plane.ts';

const runLabel = 'sls-metrics-adapter.test/run';

/** One run: names that no other has, and the label on everything that it makes. */
export interface TestRun {
  readonly id: string;
  readonly adapterNamespace: string;
  /** Short, since it is a part of the route, and that is a label value of 63 characters at most. */
  readonly workloadNamespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

export function newTestRun(): TestRun {
  const id = randomBytes(3).toString('hex');
  return {
    id,
    adapterNamespace: `sls-metrics-adapter-${id}`,
    workloadNamespace: `sma-${id}`,
    labels: { [runLabel]: id },
  };
}

/** The APIService first: a broken one would hold up the end of the namespaces. */
const clusterWide = ['apiservices', 'clusterroles', 'clusterrolebindings', 'persistentvolumes', 'namespaces'];

/**
 * Deletes whatever carries the run's label, and waits until it is gone. Nothing else is touched.
 *
 * @throws Error naming what is left
 */
export async function deleteAll(cluster: ControlPlane, run: TestRun): Promise<void> {
  const selector = `${runLabel}=${run.id}`;
  const found = ['-l', selector, '--ignore-not-found'];
  for (const kind of clusterWide.slice(0, 1)) await cluster.kubectl(['delete', kind, ...found]);
  await cluster.kubectl(['delete', 'rolebindings', '-n', 'kube-system', ...found]);
  for (const kind of clusterWide.slice(1))
    await cluster.kubectl(['delete', kind, ...found, '--timeout=180s']);
  const left = await cluster.kubectl(['get', clusterWide.join(), '-l', selector, '-o', 'name']);
  const bindings = await cluster.kubectl([
    'get',
    'rolebindings',
    '-n',
    'kube-system',
    '-l',
    selector,
    '-o',
    'name',
  ]);
  if (left + bindings !== '') throw new Error(`left behind: ${left}${bindings}`);
}

/** For whoever finds remains of a run that was killed. */
export const deleteByHand = [
  `kubectl delete ${clusterWide.join()} -l ${runLabel}`,
  `kubectl delete rolebindings -n kube-system -l ${runLabel}`,
].join('; ');
