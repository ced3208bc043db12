import { setTimeout as sleep } from 'node:timers/promises';
import { ways, type Clients, type Way } from './clients.ts';
import type { HpaRead } from './hpas.ts';
import type { LivingHpa, Population } from './population.ts';
import type { ReadingJudge } from './reading-judge.ts';

export interface ControllerParts {
  readonly population: Population;
  readonly clients: Clients;
  readonly judge: ReadingJudge;
  readonly periodSeconds: number;
}

/** Reads under way at a time: more would be too many requests for the adapter while SLS is away. */
const mostUnderWay = 100;
const tickMs = 20;

/** Reads the metrics of each HPA from time to time and writes its status, as the HPA controller does. */
export class Controller {
  readonly #parts: ControllerParts;
  readonly #underWay = new Set<Promise<void>>();
  #reads = 0;
  #paused = true;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
  }

  get reads(): number {
    return this.#reads;
  }

  /** Until the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#paused) this.#readDue();
      await sleep(tickMs, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(this.#underWay);
  }

  resume(): void {
    this.#paused = false;
  }

  /** Resolves once nothing is under way. */
  async pause(): Promise<void> {
    this.#paused = true;
    await Promise.all(this.#underWay);
  }

  /** Reads once all that may be answered. @returns whether each was */
  async readAll(): Promise<boolean> {
    const { population, clients } = this.#parts;
    const reads = [...population.living.values()].flatMap(({ hpa }) => hpa.reads);
    const replies = await Promise.all(
      reads.map(({ path }) => clients.get(path, 'HTTP/2, kept').catch(() => undefined)),
    );
    return replies.every((reply) => reply?.status === 200);
  }

  #readDue(): void {
    const nowMs = performance.now();
    for (const living of this.#parts.population.living.values()) {
      if (living.nextReadMs > nowMs) continue;
      if (this.#underWay.size >= mostUnderWay) return;
      living.nextReadMs = nowMs + this.#parts.periodSeconds * 1000;
      this.#sync(living);
    }
  }

  #sync(living: LivingHpa): void {
    for (const read of living.hpa.reads) {
      const reading = this.#read(read);
      this.#underWay.add(reading);
      void reading.then(() => this.#underWay.delete(reading));
    }
    this.#parts.population.writeStatus(living);
  }

  async #read(read: HpaRead): Promise<void> {
    const { clients, judge } = this.#parts;
    this.#reads += 1;
    const way = wayOf(this.#reads, read);
    const sentMs = performance.now();
    try {
      judge.judge(read, await clients.get(read.path, way), sentMs);
    } catch (error) {
      judge.fault(`${way}: ${String(error)}: ${read.path}`);
    }
  }
}

/** Nearly all go over one connection, as kube-apiserver has it. Protobuf is read where it has one item. */
function wayOf(number: number, { routes }: HpaRead): Way {
  if (number % 41 === 0) return 'HTTP/1.1, new';
  if (routes !== undefined && routes.length > 1) return 'HTTP/1.1, kept';
  if (number % 37 === 0) return 'HTTP/2, new';
  return ways[number % 7 === 0 ? 1 : 0];
}
