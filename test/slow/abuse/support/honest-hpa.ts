import { Worker } from 'node:worker_threads';
import type { PemPair } from '../../../support/certificates.ts';

export interface HonestSettings {
  readonly url: string;
  /** Process ID of the adapter. */
  readonly pid: number;
  /** The front proxy's client certificate. */
  readonly pair: PemPair;
  /** What the HPA reads. */
  readonly path: string;
  readonly periodMs: number;
  /** Any other value is a failed read. */
  readonly expectedValue: number;
}

/** A read of the HPA through the front proxy, or a probe of the kubelet. */
export interface HonestRead {
  readonly kind: 'read' | 'probe';
  readonly tookMs: number;
  /** When it ended, Unix ms. */
  readonly endedMs: number;
  /** Whether there was any reply, were it an error. */
  readonly answered: boolean;
  /** Why there was no reading. Undefined: there was one. */
  readonly failure?: string;
  /** Age of the reading. */
  readonly ageSeconds?: number;
  /** For how long the adapter and the thread that measures waited for a processor, because of other work on the machine. */
  readonly waitedMs: number;
}

/** By a clock that both threads have. */
export const nowMs = (): number => performance.timeOrigin + performance.now();

/** An HPA that reads its metric every second, whatever became of the read before, and a probe of /livez beside it. */
export class HonestHpa implements AsyncDisposable {
  /** Why its thread ended, if it did. */
  error: unknown;
  /** Reads and probes that have not ended. */
  pending = 0;
  #seen: HonestRead[] = [];
  #answeredMs = nowMs();
  #longestSilenceMs = 0;
  readonly #worker: Worker;

  constructor(settings: HonestSettings) {
    this.#worker = new Worker(new URL('honest-hpa-worker.ts', import.meta.url), { workerData: settings });
    this.#worker.on('message', (read: HonestRead | 'begun') => {
      this.pending += read === 'begun' ? 1 : -1;
      if (read === 'begun') return;
      this.#seen.push(read);
      if (!read.answered) return;
      this.#longestSilenceMs = Math.max(this.#longestSilenceMs, read.endedMs - this.#answeredMs);
      this.#answeredMs = Math.max(this.#answeredMs, read.endedMs);
    });
    this.#worker.on('error', (error) => {
      this.error = error;
    });
  }

  /** Reads and probes since the last `clear`. */
  get seen(): readonly HonestRead[] {
    return this.#seen;
  }

  get reads(): readonly HonestRead[] {
    return this.#seen.filter(({ kind }) => kind === 'read');
  }

  /** For how long the adapter has replied to nothing. */
  get silentMs(): number {
    return nowMs() - this.#answeredMs;
  }

  /** The longest such time since the last `clear`. */
  get longestSilenceMs(): number {
    return Math.max(this.#longestSilenceMs, this.silentMs);
  }

  clear(): void {
    this.#seen = [];
    this.#longestSilenceMs = 0;
    this.#answeredMs = nowMs();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
