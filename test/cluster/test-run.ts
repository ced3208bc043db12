import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
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

/** What `deleteAll` needs of a control plane. */
type Kubectl = Pick<ControlPlane, 'kubectl'>;

/**
 * Cluster-wide kinds in the order of their deletion. The APIService comes first, because a broken one blocks the end of
 * namespaces; volumes come last, because a volume stays until the claim in its namespace is gone.
 */
const clusterWide = ['apiservices', 'clusterroles', 'clusterrolebindings', 'namespaces', 'persistentvolumes'];

interface DeletePace {
  /** How long to wait for everything to be gone. */
  readonly timeoutMs: number;
  readonly pollMs: number;
}

const usualPace: DeletePace = { timeoutMs: 600_000, pollMs: 2000 };

/**
 * Deletes everything that carries the run's label, and waits until it is gone. Nothing else is touched. A deletion that
 * fails is sent again until the time is over.
 *
 * @throws Error that names what is left, and the commands that delete it
 */
export async function deleteAll(
  cluster: Kubectl,
  run: TestRun,
  { timeoutMs, pollMs }: DeletePace = usualPace,
): Promise<void> {
  const found = ['-l', `${runLabel}=${run.id}`, '--ignore-not-found'];
  const bindings = ['rolebindings', '-n', 'kube-system', ...found];
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const failures: string[] = [];
    // Without --wait=false, one object that cannot go yet would hold up all behind it.
    const deletions = [...clusterWide.map((kind) => [kind, ...found]), bindings];
    for (const objects of deletions) {
      await cluster.kubectl(['delete', ...objects, '--wait=false']).catch((error: unknown) => {
        failures.push(String(error));
      });
    }
    const left = await remains(cluster, [[clusterWide.join(), ...found], bindings]).catch(String);
    if (left === '' && failures.length === 0) return;
    if (performance.now() > endMs)
      throw new Error(
        `left behind after ${timeoutMs / 1000} s: ${[left, ...failures].join('; ')}; delete it with: ${deleteByHand}`,
      );
    await sleep(pollMs);
  }
}

async function remains(cluster: Kubectl, kinds: readonly (readonly string[])[]): Promise<string> {
  const names = await Promise.all(kinds.map((objects) => cluster.kubectl(['get', ...objects, '-o', 'name'])));
  return names.join('').trim().replaceAll('\n', ', ');
}

/** For a person who finds what a killed run left. Without waiting, so that no object blocks the next. */
export const deleteByHand = [
  `kubectl delete ${clusterWide.join()} -l ${runLabel} --wait=false`,
  `kubectl delete rolebindings -n kube-system -l ${runLabel}`,
].join('; ');
