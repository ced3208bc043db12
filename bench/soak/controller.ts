import { setTimeout as sleep } from 'node:timers/promises';
import { printable } from '../support/reading-wire.ts';
import { connectionKinds, maxInFlight, type Clients, type ConnectionKind } from './clients.ts';
import type { HpaRead } from './hpas.ts';
import type { ActiveHpa, Population } from './population.ts';
import type { ReadingChecker } from './reading-checker.ts';

interface ControllerParts {
  readonly population: Population;
  readonly clients: Clients;
  readonly checker: ReadingChecker;
  readonly periodSeconds: number;
  /** For how long the adapter and SLS waited for a processor so far. */
  readonly processorWaitMs: () => number;
}

const tickMs = 20;
/** A read whose adapter or SLS waited for a processor for more of its time may miss its deadline. */
const mostBusyShare = 0.2;

/** Reads the metrics of each HPA periodically and writes its status, as the HPA controller does. */
export class Controller {
  readonly #parts: ControllerParts;
  readonly #inFlight = new Set<Promise<void>>();
  #reads = 0;
  #paused = true;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
  }

  get reads(): number {
    return this.#reads;
  }

  /** Runs until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#paused) this.#readDue();
      await sleep(tickMs, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(this.#inFlight);
  }

  resume(): void {
    this.#paused = false;
  }

  /** Stops reading. Resolves once no read is in flight. */
  async pause(): Promise<void> {
    this.#paused = true;
    await Promise.all(this.#inFlight);
  }

  /** Reads every metric of every HPA once. Returns what was said to the reads that have no reading. */
  async readAll(): Promise<string[]> {
    const { population, clients } = this.#parts;
    const reads = [...population.active.values()].flatMap(({ hpa }) => hpa.reads);
    const failures = await Promise.all(
      reads.map(async ({ path }) => {
        try {
          const { status, body } = await clients.get(path, 'HTTP/2, kept');
          return status === 200 ? [] : [`${status}: ${path}: ${printable(body)}`];
        } catch (error) {
          return [`${String(error)}: ${path}`];
        }
      }),
    );
    return failures.flat();
  }

  #readDue(): void {
    const nowMs = performance.now();
    for (const entry of this.#parts.population.active.values()) {
      if (entry.nextReadMs > nowMs) continue;
      if (this.#inFlight.size >= maxInFlight) return;
      entry.nextReadMs = nowMs + this.#parts.periodSeconds * 1000;
      this.#sync(entry);
    }
  }

  #sync(entry: ActiveHpa): void {
    for (const read of entry.hpa.reads) {
      const pending = this.#read(read);
      this.#inFlight.add(pending);
      void pending.then(() => this.#inFlight.delete(pending));
    }
    this.#parts.population.writeStatus(entry);
  }

  async #read(read: HpaRead): Promise<void> {
    const { clients, checker, processorWaitMs } = this.#parts;
    this.#reads += 1;
    const kind = connectionKindOf(this.#reads, read);
    const [sentMs, waitedMs] = [performance.now(), processorWaitMs()];
    try {
      const reply = await clients.get(read.path, kind);
      const busyShare = (processorWaitMs() - waitedMs) / (performance.now() - sentMs);
      checker.check(read, reply, sentMs, busyShare > mostBusyShare);
    } catch (error) {
      checker.fault(`${kind}: ${String(error)}: ${read.path}`);
    }
  }
}

/** Most reads go over one kept connection, as from kube-apiserver. Reads of several items use HTTP/1.1 for JSON. */
function connectionKindOf(number: number, { routes }: HpaRead): ConnectionKind {
  if (number % 41 === 0) return 'HTTP/1.1, new';
  if (routes !== undefined && routes.length > 1) return 'HTTP/1.1, kept';
  if (number % 37 === 0) return 'HTTP/2, new';
  return connectionKinds[number % 7 === 0 ? 1 : 0];
}
