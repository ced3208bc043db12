import { createHistogram } from 'node:perf_hooks';
import { alignedTable } from '../table.ts';
import { rateAt, type RatePlan } from './rate-plan.ts';

/** The HTTP status of an answer, or an error such as `timeout` or `ECONNREFUSED`. */
export type Ending = number | string;

const microsecondsOfAnHour = 3_600_000_000;
const maxSteps = 10;
const minStepMs = 1000;

/** Measurements of the requests that are due in a part of the time. */
class Part {
  readonly #fromMs: number;
  readonly #toMs: number;
  readonly #microseconds = createHistogram({ highest: microsecondsOfAnHour, figures: 3 });
  sent = 0;
  /** Requests that were due while all connections were in use. */
  unsent = 0;
  /** Requests that got a status below 400. */
  answered = 0;
  failed = 0;

  constructor(fromMs: number, toMs: number) {
    this.#fromMs = fromMs;
    this.#toMs = toMs;
  }

  isDue(dueMs: number): boolean {
    return dueMs >= this.#fromMs && dueMs < this.#toMs;
  }

  end(latencyMs: number, ending: Ending): void {
    const isAnswer = typeof ending === 'number';
    if (isAnswer && ending < 400) this.answered += 1;
    else this.failed += 1;
    // An answer with an error status has a latency, a failed request has none.
    if (isAnswer)
      this.#microseconds.record(Math.min(microsecondsOfAnHour, Math.max(1, Math.round(latencyMs * 1000))));
  }

  /** @param untilMs end of the test, if it was interrupted */
  measured(plan: RatePlan, untilMs: number) {
    const { sent, unsent, answered, failed } = this;
    const [fromMs, toMs] = [this.#fromMs, Math.min(this.#toMs, untilMs)];
    const perSecond = (count: number) => (toMs <= fromMs ? 0 : (count * 1000) / (toMs - fromMs));
    const at = (percentile: number) => this.#microseconds.percentile(percentile) / 1000;
    return {
      fromSeconds: fromMs / 1000,
      toSeconds: toMs / 1000,
      plannedPerSecond: (rateAt(plan, fromMs) + rateAt(plan, toMs)) / 2,
      sentPerSecond: perSecond(sent),
      answeredPerSecond: perSecond(answered),
      ...{ sent, unsent, answered, failed },
      /** Counted from when the request was due. Null without answers. */
      latencyMs: this.#microseconds.count === 0 ? null : { p50: at(50), p95: at(95), p99: at(99) },
    };
  }
}

/** Counts requests in steps of equal length and in total. Its size does not depend on the number of requests. */
export class Measurements {
  readonly #plan: RatePlan;
  readonly #steps: readonly Part[];
  readonly #total: Part;
  readonly #endings = new Map<Ending, number>();

  constructor(plan: RatePlan) {
    const { durationMs } = plan;
    const steps = Math.max(1, Math.min(maxSteps, Math.floor(durationMs / minStepMs)));
    const startOf = (step: number) => (step * durationMs) / steps;
    this.#plan = plan;
    this.#steps = Array.from({ length: steps }, (_, step) => new Part(startOf(step), startOf(step + 1)));
    this.#total = new Part(0, durationMs);
  }

  sent(dueMs: number): void {
    for (const part of this.#partsOf(dueMs)) part.sent += 1;
  }

  unsent(dueMs: number): void {
    for (const part of this.#partsOf(dueMs)) part.unsent += 1;
  }

  /** Times are in ms after the start. */
  ended(dueMs: number, endMs: number, ending: Ending): void {
    this.#endings.set(ending, (this.#endings.get(ending) ?? 0) + 1);
    for (const part of this.#partsOf(dueMs)) part.end(endMs - dueMs, ending);
  }

  total(untilMs = this.#plan.durationMs) {
    return this.#total.measured(this.#plan, untilMs);
  }

  /** Returns the steps that have begun, the total, and how many requests ended in which way, the most frequent first. */
  report(untilMs = this.#plan.durationMs) {
    const steps = this.#steps.map((step) => step.measured(this.#plan, untilMs));
    return {
      steps: steps.filter(({ fromSeconds }) => fromSeconds * 1000 < untilMs),
      total: this.total(untilMs),
      endings: [...this.#endings].sort(([, one], [, other]) => other - one),
    };
  }

  #partsOf(dueMs: number): Part[] {
    const step = this.#steps.find((one) => one.isDue(dueMs)) ?? this.#steps.at(-1);
    return step === undefined ? [this.#total] : [this.#total, step];
  }
}

type Report = ReturnType<Measurements['report']>;

/** Returns a table with one line a step, and the total. */
export function reportTable({ steps, total, endings }: Report, plan: RatePlan, sentForMs: number): string {
  const head = ['TIME', 'PLANNED/S', 'SENT/S', 'ANSWERED/S', 'P50', 'P95', 'P99', 'FAILED', 'UNSENT'];
  const rows = steps.map((step) => [
    `${timeText(step.fromSeconds)}-${timeText(step.toSeconds)}`,
    ...cellsOf(step),
  ]);
  const texts = endings.map(([ending, count]) => `${ending} ${count}`);
  const isEarly = sentForMs < plan.durationMs;
  return [
    alignedTable(head, [...rows, ['total', ...cellsOf(total)]]),
    '',
    `Ended by: ${texts.length === 0 ? 'no request ended' : texts.join(', ')}.`,
    ...(total.unsent === 0
      ? []
      : [`${total.unsent} requests were not sent because all connections were in use (--connections).`]),
    ...(isEarly ? [`Ended after ${timeText(sentForMs / 1000)} of ${timeText(plan.durationMs / 1000)}.`] : []),
    '',
  ].join('\n');
}

const cellsOf = ({ latencyMs, ...part }: Report['total']): string[] => [
  ...[part.plannedPerSecond, part.sentPerSecond, part.answeredPerSecond].map((rate) => rate.toFixed(1)),
  ...[latencyMs?.p50, latencyMs?.p95, latencyMs?.p99].map(latencyText),
  ...[part.failed, part.unsent].map(String),
];

export const latencyText = (ms: number | undefined): string =>
  ms === undefined ? '-' : `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)}ms`;

/** Formats a duration as `90s` or `1.5s`. */
const timeText = (seconds: number): string => `${Number(seconds.toFixed(1))}s`;
