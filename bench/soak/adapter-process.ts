import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../test/support/wait-for.ts';
import { startServe } from '../support/serve-process.ts';
import type { ServerProcess } from '../support/server-process.ts';
import type { ResourceUsage, SoakCommand, SoakReport } from './messages.ts';

const script = resolve(import.meta.dirname, 'adapter.ts');

const maxResultMs = 30_000;
/** Told when it dies. */
const lastLines = 20;

/** `usage` takes this many samples. */
const usageSamples = 3;
const samplePauseMs = 200;

type CommandFields = SoakCommand extends infer One
  ? One extends SoakCommand
    ? Omit<One, 'id'>
    : never
  : never;

/** The adapter in its own process, which reports its resource usage. */
export class AdapterProcess implements AsyncDisposable {
  /** Errors in its log, warnings of Node, and resources that were left when it stopped. */
  readonly problems: string[] = [];
  readonly #died = new AbortController();
  readonly #lines: string[] = [];
  readonly #pending = new Map<number, (value: unknown) => void>();
  readonly #directory: string;
  #process: ServerProcess | undefined;
  #commands = 0;
  #stopped = false;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** @param options options of `serve`, by name */
  static async start(config: object, options: Readonly<Record<string, string>>): Promise<AdapterProcess> {
    const adapter = new AdapterProcess(await mkdtemp(join(tmpdir(), 'soak-')));
    try {
      await adapter.#start(config, options);
    } catch (error) {
      await adapter[Symbol.asyncDispose]();
      throw error;
    }
    return adapter;
  }

  async #start(config: object, options: Readonly<Record<string, string>>): Promise<void> {
    this.#process = await startServe({
      ...{ script, directory: this.#directory, config: JSON.stringify(config), options },
      onMessage: (message) => this.#receive(message as SoakReport),
      onCrash: (what) => this.#died.abort(new Error([what, ...this.#lines].join('\n'))),
      onLine: (line) => {
        this.#lines.push(line.slice(0, 1000));
        if (this.#lines.length > lastLines) this.#lines.shift();
        if (/"level":"(error|fatal)"|"code":"Internal"/.test(line)) this.problems.push(line.slice(0, 500));
      },
    });
  }

  /** Aborted with its last lines if it ends by itself. */
  get died(): AbortSignal {
    return this.#died.signal;
  }

  get url(): string {
    return this.#running.url;
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** Returns the minimum of several samples for each value, since work in progress adds to it for a moment. */
  async usage(signal: AbortSignal): Promise<ResourceUsage> {
    let least = await this.#sampleUsage();
    for (let samples = 1; samples < usageSamples; samples += 1) {
      await sleep(samplePauseMs, undefined, { signal });
      const next = await this.#sampleUsage();
      const names = Object.keys(least) as (keyof ResourceUsage)[];
      least = Object.fromEntries(
        names.map((name) => [name, Math.min(least[name], next[name])]),
      ) as unknown as ResourceUsage;
    }
    return least;
  }

  async #sampleUsage(): Promise<ResourceUsage> {
    return (await this.#request({ kind: 'usage' })) as ResourceUsage;
  }

  async wantedSeries(): Promise<number> {
    return (await this.#request({ kind: 'wanted series' })) as number;
  }

  async setClock(aheadMs: number): Promise<void> {
    await this.#request({ kind: 'set clock', aheadMs });
  }

  /** @param valid whether SLS accepts the key */
  async setKey(valid: boolean): Promise<void> {
    await this.#request({ kind: 'set key', valid });
  }

  /** Stops the adapter and notes which resources are left. */
  async stop(): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    this.#process = undefined;
    // The last message may arrive after the exit.
    await waitFor(() => this.#stopped, 'the last message').catch(() =>
      this.problems.push('the adapter did not stop by itself'),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #running(): ServerProcess {
    if (this.#process === undefined) throw new Error('the adapter is not running');
    return this.#process;
  }

  async #request(command: CommandFields): Promise<unknown> {
    this.died.throwIfAborted();
    const id = (this.#commands += 1);
    const { promise, resolve: settle, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(
      () => reject(new Error(`the adapter did not reply to: ${command.kind}`)),
      maxResultMs,
    );
    const die = () => reject(this.died.reason as Error);
    this.died.addEventListener('abort', die);
    this.#pending.set(id, settle);
    try {
      this.#running.send({ id, ...command });
      return await promise;
    } finally {
      clearTimeout(timer);
      this.died.removeEventListener('abort', die);
      this.#pending.delete(id);
    }
  }

  #receive(report: SoakReport): void {
    switch (report.kind) {
      case 'result':
        this.#pending.get(report.id)?.(report.value);
        return;
      case 'warning':
        this.problems.push(report.text);
        return;
      case 'stopped': {
        this.#stopped = true;
        if (report.exitCode !== 0) this.problems.push(`the adapter exited with code ${report.exitCode}`);
        if (report.resources.length > 0)
          this.problems.push(`the adapter left resources when it stopped: ${report.resources.join()}`);
      }
    }
  }
}
