import { describe, expect, it } from 'vitest';
import { deleteAll, newTestRun } from './test-run.ts';

const pace = { timeoutMs: 200, pollMs: 1 };

/**
 * A control plane that deletes as Kubernetes does: a namespace takes a moment, a volume stays until the claim in its
 * namespace is gone, and a deletion that waits never returns while its object stays.
 */
class ScriptedCluster {
  readonly left = new Set(['apiservices', 'clusterroles', 'namespaces', 'persistentvolumes', 'rolebindings']);
  readonly calls: string[][] = [];
  /** How many times the namespace is looked at before it is gone; Infinity: it never goes. */
  namespaceLooks = 3;
  failures = 0;
  #volumeIsDeleted = false;

  // eslint-disable-next-line @typescript-eslint/require-await -- as asynchronous as kubectl
  async kubectl(args: readonly string[]): Promise<string> {
    this.calls.push([...args]);
    const [verb, kinds = ''] = args;
    if (args[args.indexOf('-l') + 1]?.startsWith('sls-metrics-adapter.test/run=') !== true)
      throw new Error(`kubectl ${args.join(' ')}: not limited to this run`);
    if (verb === 'delete') {
      if (this.failures-- > 0) throw new Error('the connection was refused');
      if (!args.includes('--wait=false')) throw new Error('this deletion would wait');
      if (kinds === 'persistentvolumes') this.#volumeIsDeleted = true;
      else if (kinds !== 'namespaces') this.left.delete(kinds);
      return '';
    }
    if (kinds.includes('namespaces') && --this.namespaceLooks <= 0) this.left.delete('namespaces');
    if (this.#volumeIsDeleted && !this.left.has('namespaces')) this.left.delete('persistentvolumes');
    return [...this.left]
      .filter((kind) => kinds.split(',').includes(kind))
      .map((kind) => `${kind}/of-the-run\n`)
      .join('');
  }
}

describe('the clean-up of a cluster test', () => {
  it('deletes everything of the run, and waits for a volume whose claim goes with its namespace', async () => {
    const cluster = new ScriptedCluster();
    await deleteAll(cluster, newTestRun(), pace);
    expect([...cluster.left]).toEqual([]);
    const order = cluster.calls.filter(([verb]) => verb === 'delete').map(([, kind]) => kind);
    expect(order.indexOf('apiservices')).toBe(0);
    expect(order.indexOf('namespaces')).toBeLessThan(order.indexOf('persistentvolumes'));
  });

  it('sends a deletion again that failed', async () => {
    const cluster = new ScriptedCluster();
    cluster.failures = 2;
    await deleteAll(cluster, newTestRun(), pace);
    expect([...cluster.left]).toEqual([]);
  });

  it('names what is left once its time is over, and the commands that delete it', async () => {
    const cluster = new ScriptedCluster();
    cluster.namespaceLooks = Infinity;
    await expect(deleteAll(cluster, newTestRun(), pace)).rejects.toThrow(
      /left behind after 0.2 s: namespaces\/of-the-run, persistentvolumes\/of-the-run; .*kubectl delete/,
    );
  });
});
