import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** How one request ended: by a status of HTTP, or by what went wrong, such as `timeout` or `ECONNREFUSED`. */
export type Ending = number | string;

export interface TallyEntry {
  /** When it was due, ms after the start. */
  readonly dueMs: number;
  /** When it ended. */
  readonly endMs: number;
  readonly ending: Ending;
}

/** What was measured in a part of the time, or in all of it. */
export interface Measured {
  readonly fromMs: number;
  readonly toMs: number;
  readonly sent: number;
  /** Requests that were due while every connection was taken. */
  readonly unsent: number;
  /** Answers with a status below 400, of the requests that were due in it. */
  readonly answered: number;
  readonly failed: number;
  /** Of answers, from when the request was due; undefined without any. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | undefined;
}

const microsecondsOfAnHour = 3_600_000_000;

class Part {
  sent = 0;
  unsent = 0;
  answered = 0;
  failed = 0;
  readonly #microseconds: RecordableHistogram = createHistogram({
    highest: microsecondsOfAnHour,
    figures: 3,
  });

  end(latencyMs: number, ending: Ending): void {
    const isAnswer = typeof ending === 'number';
    if (isAnswer && ending < 400) this.answered += 1;
    else this.failed += 1;
    // What was never answered has no latency; a refusal has.
    if (isAnswer)
      this.#microseconds.record(Math.min(microsecondsOfAnHour, Math.max(1, Math.round(latencyMs * 1000))));
  }

  measured(fromMs: number, toMs: number): Measured {
    const { sent, unsent, answered, failed } = this;
    const at = (percentile: number) => this.#microseconds.percentile(percentile) / 1000;
    const latencyMs = this.#microseconds.count === 0 ? undefined : { p50: at(50), p95: at(95), p99: at(99) };
    return { fromMs, toMs, sent, unsent, answered, failed, latencyMs };
  }
}

/** Counts a load test, in steps of equal length and as a whole. What it keeps does not grow with the requests. */
export class Tally {
  readonly #stepMs: number;
  readonly #durationMs: number;
  readonly #steps: readonly Part[];
  readonly #total = new Part();
  readonly #endings = new Map<Ending, number>();

  constructor(durationMs: number, steps: number) {
    this.#durationMs = durationMs;
    this.#stepMs = durationMs / steps;
    this.#steps = Array.from({ length: steps }, () => new Part());
  }

  sent(dueMs: number): void {
    for (const part of this.#partsOf(dueMs)) part.sent += 1;
  }

  unsent(dueMs: number): void {
    for (const part of this.#partsOf(dueMs)) part.unsent += 1;
  }

  ended({ dueMs, endMs, ending }: TallyEntry): void {
    this.#endings.set(ending, (this.#endings.get(ending) ?? 0) + 1);
    for (const part of this.#partsOf(dueMs)) part.end(endMs - dueMs, ending);
  }

  /** How requests ended, the most frequent first. */
  endings(): readonly (readonly [Ending, number])[] {
    return [...this.#endings].toSorted(([, one], [, other]) => other - one);
  }

  /** @param untilMs where it was ended before its time */
  total(untilMs = this.#durationMs): Measured {
    return this.#total.measured(0, untilMs);
  }

  /** Those that have begun. */
  steps(untilMs = this.#durationMs): Measured[] {
    return this.#steps
      .map((part, index) =>
        part.measured(index * this.#stepMs, Math.min(untilMs, (index + 1) * this.#stepMs)),
      )
      .filter(({ fromMs }) => fromMs < untilMs);
  }

  #partsOf(dueMs: number): Part[] {
    const step = this.#steps[Math.min(this.#steps.length - 1, Math.floor(dueMs / this.#stepMs))];
    return step === undefined ? [this.#total] : [this.#total, step];
  }
}
