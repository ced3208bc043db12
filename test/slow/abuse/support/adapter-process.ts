import { setTimeout as sleep } from 'node:timers/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { residentMbOf } from '../../../../bench/support/process-usage.ts';
import { startServe } from '../../../../bench/support/serve-process.ts';
import { podFlags, type ServerProcess } from '../../../../bench/support/server-process.ts';
import type { HeldMemory } from './diagnostics.ts';
import { niceness } from './niceness.ts';

const here = resolve(import.meta.dirname, '../../../..');
const diagnostics = join(import.meta.dirname, 'diagnostics.ts');
const maxKeptLines = 200;
const maxReplyMs = 30_000;

/** The adapter in a process of its own, with the heap of a pod. `ABUSE_CHECKOUT` runs that of another checkout. */
export class AdapterProcess implements AsyncDisposable {
  /** Why it ended, if it did so by itself. */
  crash: string | undefined;
  /** The newest lines of its log, and what Node wrote when it crashed. */
  readonly lines: string[] = [];
  logBytes = 0;
  /** As of the last `samplePeak`, in MB of 10⁶ bytes. */
  peakResidentMb = NaN;
  readonly #directory: string;
  #process: ServerProcess | undefined;
  #waiting: ((memory: HeldMemory) => void)[] = [];

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** @param options options of `serve`, by name */
  static async start(config: string, options: Readonly<Record<string, string>>): Promise<AdapterProcess> {
    const adapter = new AdapterProcess(await mkdtemp(join(tmpdir(), 'abuse-')));
    try {
      await adapter.#start(config, options);
    } catch (error) {
      await adapter[Symbol.asyncDispose]();
      throw error;
    }
    return adapter;
  }

  async #start(config: string, options: Readonly<Record<string, string>>): Promise<void> {
    const checkout = process.env['ABUSE_CHECKOUT'] ?? here;
    this.#process = await startServe({
      ...{ script: join(checkout, 'src/main.ts'), directory: this.#directory, config, options, niceness },
      nodeFlags: [...podFlags(), '--expose-gc', '--import', diagnostics],
      onMessage: (memory) => {
        for (const settle of this.#waiting.splice(0)) settle(memory as HeldMemory);
      },
      onLine: (line) => {
        this.logBytes += line.length + 1;
        this.lines.push(line.slice(0, 1000));
        if (this.lines.length > maxKeptLines) this.lines.shift();
      },
      onCrash: (what) => {
        this.crash = what;
      },
    });
  }

  get url(): string {
    return this.#running.url;
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** Notes the peak of its resident memory, which is lost when it ends. */
  samplePeak(): void {
    try {
      const { peak } = residentMbOf(this.pid);
      if (!Number.isNaN(peak)) this.peakResidentMb = peak;
    } catch {
      // The process is gone.
    }
  }

  /** Sets its clock to so much ahead of this machine's. */
  setClock(aheadMs: number): void {
    this.#running.send({ clockAheadMs: aheadMs });
  }

  /** Returns what it holds after a garbage collection. Undefined: it does not answer, or is gone. */
  async held(): Promise<HeldMemory | undefined> {
    if (this.crash !== undefined) return undefined;
    const { promise, resolve: settle } = Promise.withResolvers<HeldMemory>();
    this.#waiting.push(settle);
    this.#running.send({});
    return await Promise.race([promise, sleep(maxReplyMs, undefined, { ref: false })]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #running(): ServerProcess {
    if (this.#process === undefined) throw new Error('the adapter is not running');
    return this.#process;
  }
}
