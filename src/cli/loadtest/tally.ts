import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** The HTTP status of an answer, or an error such as `timeout` or `ECONNREFUSED`. */
export type Ending = number | string;

export interface TallyEntry {
  /** Milliseconds after the start. */
  readonly dueMs: number;
  /** Milliseconds after the start. */
  readonly endMs: number;
  readonly ending: Ending;
}

/** Measurements of one step, or of the whole test. */
export interface Measured {
  readonly fromMs: number;
  readonly toMs: number;
  readonly sent: number;
  /** Requests that were due while all connections were in use. */
  readonly unsent: number;
  /** Requests due in this step that got a status below 400. */
  readonly answered: number;
  readonly failed: number;
  /** Latencies of all answers, counted from when the request was due. Undefined without answers. */
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
    // An answer with an error status has a latency, a failed request has none.
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

/** Counts requests in steps of equal length and in total. Its size does not depend on the number of requests. */
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

  /** Returns the endings with their counts, the most frequent first. */
  endings(): readonly (readonly [Ending, number])[] {
    return [...this.#endings].toSorted(([, one], [, other]) => other - one);
  }

  /** @param untilMs end of the test, if it was interrupted */
  total(untilMs = this.#durationMs): Measured {
    return this.#total.measured(0, untilMs);
  }

  /** Returns the steps that have begun. */
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
