import { readFile } from 'node:fs/promises';

/**
 * A small file that others replace, such as the token of a service account, which kubelet renews: read again once
 * it is a minute old, as client-go does (k8s.io/client-go/transport/token_source.go). Where that fails, the last
 * content stands.
 */
export class RereadFile {
  readonly #path: string;
  readonly #clock: { now(): number };
  readonly #maxAgeMs: number;
  #content: string | undefined;
  #readMs = -Infinity;

  constructor(path: string, clock: { now(): number }, maxAgeMs = 60_000) {
    this.#path = path;
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  /** Without white space around. @throws the error of the first read */
  async read(): Promise<string> {
    const nowMs = this.#clock.now();
    if (this.#content !== undefined && nowMs - this.#readMs < this.#maxAgeMs) return this.#content;
    try {
      this.#content = (await readFile(this.#path, 'utf8')).trim();
      this.#readMs = nowMs;
    } catch (error) {
      if (this.#content === undefined) throw error;
    }
    return this.#content;
  }

  /** The next read goes to the file. */
  expire(): void {
    this.#readMs = -Infinity;
  }
}
