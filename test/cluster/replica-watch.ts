import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { ControlPlane } from './control-plane.ts';

/** A number of replicas that a Deployment was given, and when. */
interface ReplicaChange {
  readonly replicas: number;
  /** Unix time. */
  readonly atMs: number;
}

/** Follows `spec.replicas` of all Deployments of a namespace. */
export class ReplicaWatch implements Disposable {
  readonly #child: ChildProcessByStdio<null, Readable, null>;
  readonly #changes = new Map<string, ReplicaChange[]>();

  constructor({ program, kubeconfig }: Pick<ControlPlane, 'program' | 'kubeconfig'>, namespace: string) {
    const output = `jsonpath={.metadata.name} {.spec.replicas}{"\\n"}`;
    const args = ['get', 'deployments', '-n', namespace, '--watch', '-o', output, '--kubeconfig', kubeconfig];
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const [deployment = '', replicas] = line.split(' ');
      this.#add(deployment, Number(replicas));
    });
  }

  #add(deployment: string, replicas: number): void {
    const changes = this.#changes.get(deployment) ?? [];
    if (changes.at(-1)?.replicas !== replicas) changes.push({ replicas, atMs: Date.now() });
    this.#changes.set(deployment, changes);
  }

  /** Returns the changes of a Deployment, with the number at the start of the watch as the first. */
  changesOf(deployment: string): readonly ReplicaChange[] {
    return this.#changes.get(deployment) ?? [];
  }

  /** Returns when the Deployment got that many replicas or more, in Unix time; undefined: not yet. */
  reached(deployment: string, replicas: number): number | undefined {
    return this.changesOf(deployment).find((change) => change.replicas >= replicas)?.atMs;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}
