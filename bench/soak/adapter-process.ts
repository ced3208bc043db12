import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { accessKey } from '../../test/support/adapter.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { startServerProcess, type ServerProcess } from '../support/server-process.ts';
import type { SoakOrder, SoakReport, Vitals } from './messages.ts';

const script = resolve(import.meta.dirname, 'adapter.ts');

/** An order that is not answered in that time never is. */
const mostAnswerMs = 30_000;

type Order = SoakOrder extends infer One ? (One extends SoakOrder ? Omit<One, 'id'> : never) : never;

/** The adapter in a process of its own, which tells what it holds. */
export class AdapterProcess implements AsyncDisposable {
  /** What it complained of: errors in its log, warnings of Node, and what it left behind when it stopped. */
  readonly complaints: string[] = [];
  readonly #waiting = new Map<number, (value: unknown) => void>();
  readonly #directory: string;
  #process: ServerProcess | undefined;
  #orders = 0;
  #stopped = false;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** @param options of `serve`, by their names */
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
    const directory = this.#directory;
    const configFile = join(directory, 'config.json');
    await writeFile(configFile, JSON.stringify(config));
    const all = { config: configFile, 'cert-dir': directory, ...options };
    this.#process = await startServerProcess({
      script,
      args: ['serve', ...Object.entries(all).map(([name, value]) => `--${name}=${value}`)],
      home: directory,
      env: {
        ALIBABA_CLOUD_ACCESS_KEY_ID: accessKey.id,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKey.secret,
      },
      onMessage: (message) => this.#hear(message as SoakReport),
      onLine: (line) => {
        if (/"level":"(error|fatal)"|"code":"Internal"/.test(line)) this.complaints.push(line.slice(0, 500));
      },
    });
  }

  get url(): string {
    return this.#running.url;
  }

  get pid(): number {
    return this.#running.pid;
  }

  async vitals(): Promise<Vitals> {
    return (await this.#ask({ kind: 'vitals' })) as Vitals;
  }

  async wantedSeries(): Promise<number> {
    return (await this.#ask({ kind: 'wanted series' })) as number;
  }

  async setClock(aheadMs: number): Promise<void> {
    await this.#ask({ kind: 'set clock', aheadMs });
  }

  /** @param good whether SLS accepts it */
  async setKey(good: boolean): Promise<void> {
    await this.#ask({ kind: 'set key', good });
  }

  /** Ends it, and hears what it leaves behind. */
  async stop(): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    this.#process = undefined;
    // Its last words may come after its end.
    await waitFor(() => this.#stopped, 10_000, 'its last words').catch(() =>
      this.complaints.push('it did not stop by itself'),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #running(): ServerProcess {
    if (this.#process === undefined) throw new Error('the adapter does not run');
    return this.#process;
  }

  async #ask(order: Order): Promise<unknown> {
    const id = (this.#orders += 1);
    const { promise, resolve: answer, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(
      () => reject(new Error(`the adapter did not answer: ${order.kind}`)),
      mostAnswerMs,
    );
    this.#waiting.set(id, answer);
    try {
      this.#running.tell({ id, ...order });
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  #hear(report: SoakReport): void {
    switch (report.kind) {
      case 'answer':
        this.#waiting.get(report.id)?.(report.value);
        return;
      case 'warning':
        this.complaints.push(report.text);
        return;
      case 'stopped': {
        this.#stopped = true;
        if (report.exitCode !== 0) this.complaints.push(`it ended with exit code ${report.exitCode}`);
        if (report.resources.length > 0)
          this.complaints.push(`it left ${report.resources.join()} behind when it stopped`);
      }
    }
  }
}
