import { readFile } from 'node:fs/promises';

/** Where Kubernetes mounts the service account of a pod, unless the pod mounts it elsewhere. */
export const usualServiceAccountDir = '/var/run/secrets/kubernetes.io/serviceaccount';

const maxAgeMs = 60_000;

/**
 * A bearer token in a file that others replace. The file is read again when its content is a minute old, as client-go does.
 * If that fails, the last content stays in use. client-node's own `FileAuth` fails instead, and keeps a token that the API
 * server has refused.
 */
export class TokenFile {
  readonly #path: string;
  readonly #monotonicMs: () => number;
  #token: string | undefined;
  #readMs = -Infinity;

  constructor(path: string, monotonicMs: () => number) {
    this.#path = path;
    this.#monotonicMs = monotonicMs;
  }

  /** Returns the token without surrounding white space. @throws the error of the first read */
  async read(): Promise<string> {
    const nowMs = this.#monotonicMs();
    if (this.#token !== undefined && nowMs - this.#readMs < maxAgeMs) return this.#token;
    try {
      this.#token = (await readFile(this.#path, 'utf8')).trim();
      this.#readMs = nowMs;
    } catch (error) {
      if (this.#token === undefined) throw error;
    }
    return this.#token;
  }

  /** Makes the next call read the file. */
  expire(): void {
    this.#readMs = -Infinity;
  }
}
