import type { LogRecord } from '../log-record.ts';

/** The stdout plugin of the collector reads once a second and sends every three seconds. */
const pollMs = 1000;
const pollsPerSend = 3;

/** The unread lines that a pod's log files hold. Older ones are lost, as by the log rotation of the kubelet. */
export const maxUnreadLines = 250_000;

/** What becomes the time of a line: the second in which the collector read it, or that of the request. */
export type Stamp = 'reading' | 'request';

export interface CollectorOptions {
  /** `reading` is what ACK's collector does. `request` needs a time processor in its configuration. */
  readonly stamp: Stamp;
  /** From when it reads, Unix time in ms. */
  readonly startMs: number;
  /** Ingress pods, each on a node with a collector of its own, which polls at a moment of its own. Default 1. */
  readonly pods?: number;
  /** Returns true if the collector of that pod (from 0) neither reads nor sends at that time. Default: never. */
  readonly isStalled?: (pod: number, atMs: number) => boolean;
}

/** Lines that arrive at SLS together. */
export interface SentLines {
  readonly sentMs: number;
  readonly pod: number;
  readonly records: readonly LogRecord[];
}

interface Pod {
  /** Lines in its log files, in the order in which they were written. */
  unread: { readonly atMs: number; readonly record: LogRecord }[];
  /** Read, but not yet sent. */
  unsent: LogRecord[];
  nextPollMs: number;
  polls: number;
}

/**
 * ACK's collector as a pure model: it decides when a line of an ingress pod arrives at SLS, and with which time. It has
 * no clock: `advance` does all that is due until a time. After a stall it reads the whole backlog in one poll, so with
 * the stamp `reading` the lines come as a gap and then a spike.
 */
export class Collector {
  readonly #options: CollectorOptions;
  readonly #pods: readonly Pod[];
  #lost = 0;

  constructor(options: CollectorOptions) {
    this.#options = options;
    const count = options.pods ?? 1;
    this.#pods = Array.from({ length: count }, (_, pod) => ({
      unread: [],
      unsent: [],
      nextPollMs: options.startMs + Math.round((pollMs * (pod + 1)) / count),
      polls: 0,
    }));
  }

  get pods(): number {
    return this.#pods.length;
  }

  /** Lines that the log rotation has removed before they were read. */
  get lost(): number {
    return this.#lost;
  }

  /** Writes a line to the log of a pod. The lines of a pod come in the order of `atMs`. */
  write(record: LogRecord, atMs: number, pod = 0): void {
    const { unread } = this.#pod(pod);
    unread.push({ atMs, record });
    if (unread.length <= maxUnreadLines) return;
    const removed = unread.splice(0, maxUnreadLines / 10);
    this.#lost += removed.length;
  }

  /** Returns what was sent since the last call and until `nowMs`, in the order of sending. */
  advance(nowMs: number): SentLines[] {
    const sent = this.#pods.flatMap((pod, index) => [...this.#advancePod(pod, index, nowMs)]);
    return sent.sort((a, b) => a.sentMs - b.sentMs);
  }

  *#advancePod(pod: Pod, index: number, nowMs: number): Generator<SentLines, void, void> {
    for (; pod.nextPollMs <= nowMs; pod.nextPollMs += pollMs) {
      const sentMs = pod.nextPollMs;
      if (this.#options.isStalled?.(index, sentMs) === true) continue;
      this.#poll(pod);
      pod.polls += 1;
      if (pod.polls % pollsPerSend !== 0 || pod.unsent.length === 0) continue;
      yield { sentMs, pod: index, records: pod.unsent };
      pod.unsent = [];
    }
  }

  /** Reads the lines that were written before the poll. */
  #poll(pod: Pod): void {
    const readMs = pod.nextPollMs;
    const later = pod.unread.findIndex(({ atMs }) => atMs >= readMs);
    const read = pod.unread.splice(0, later === -1 ? pod.unread.length : later);
    const timeSeconds = Math.floor(readMs / 1000);
    for (const { record } of read)
      pod.unsent.push(this.#options.stamp === 'reading' ? { ...record, timeSeconds } : record);
  }

  #pod(index: number): Pod {
    const pod = this.#pods[index];
    if (pod === undefined)
      throw new Error(`the collector has ${this.#pods.length} pods, and none is ${index}`);
    return pod;
  }
}
