import { createLogUpdate } from 'log-update';
import { alignedTable } from '../table.ts';
import { rateAt, type RatePlan, requestsUntil } from './open-loop.ts';
import type { Measured, Tally } from './tally.ts';

/** What a load test was, and what it measured. */
export interface LoadReport {
  readonly url: string;
  readonly method: string;
  readonly plan: RatePlan;
  /** For how long it sent: less than planned where it was ended. */
  readonly sentForMs: number;
  readonly tally: Tally;
}

/** The curve, step by step, and the whole. */
export function reportTable({ plan, sentForMs, tally }: LoadReport): string {
  const rows = tally
    .steps(sentForMs)
    .map((step) => [
      `${timeText(step.fromMs)}-${timeText(step.toMs)}`,
      meanRate(plan, step).toFixed(1),
      ...cellsOf(step),
    ]);
  const total = tally.total(sentForMs);
  const whole = ['total', meanRate(plan, total).toFixed(1), ...cellsOf(total)];
  const head = ['TIME', 'PLANNED/S', 'SENT/S', 'ANSWERED/S', 'P50', 'P95', 'P99', 'FAILED', 'UNSENT'];
  const endings = tally.endings().map(([ending, count]) => `${ending} ${count}`);
  return [
    alignedTable(head, [...rows, whole]),
    '',
    `Ended by: ${endings.length === 0 ? 'no request ended' : endings.join(', ')}.`,
    ...(total.unsent === 0
      ? []
      : [
          `${total.unsent} requests were due while every connection was taken, and not sent (--connections).`,
        ]),
    ...(sentForMs < plan.durationMs
      ? [`Ended after ${timeText(sentForMs)} of ${timeText(plan.durationMs)}.`]
      : []),
    '',
  ].join('\n');
}

export function reportJson({ url, method, plan, sentForMs, tally }: LoadReport) {
  const told = ({ fromMs, toMs, ...counts }: Measured) => ({
    fromSeconds: fromMs / 1000,
    toSeconds: toMs / 1000,
    plannedPerSecond: meanRate(plan, { fromMs, toMs }),
    sentPerSecond: perSecond(counts.sent, { fromMs, toMs }),
    answeredPerSecond: perSecond(counts.answered, { fromMs, toMs }),
    ...counts,
    latencyMs: counts.latencyMs ?? null,
  });
  return {
    url,
    method,
    fromPerSecond: plan.fromPerSecond,
    toPerSecond: plan.toPerSecond,
    durationSeconds: plan.durationMs / 1000,
    sentForSeconds: sentForMs / 1000,
    steps: tally.steps(sentForMs).map(told),
    total: told(tally.total(sentForMs)),
    endings: Object.fromEntries(tally.endings()),
  };
}

type Span = Pick<Measured, 'fromMs' | 'toMs'>;

const meanRate = (plan: RatePlan, { fromMs, toMs }: Span) => (rateAt(plan, fromMs) + rateAt(plan, toMs)) / 2;

const perSecond = (count: number, { fromMs, toMs }: Span) =>
  toMs === fromMs ? 0 : (count * 1000) / (toMs - fromMs);

const cellsOf = (part: Measured): string[] => [
  perSecond(part.sent, part).toFixed(1),
  perSecond(part.answered, part).toFixed(1),
  ...(['p50', 'p95', 'p99'] as const).map((name) => latencyText(part.latencyMs?.[name])),
  String(part.failed),
  String(part.unsent),
];

export const latencyText = (ms: number | undefined): string =>
  ms === undefined ? '-' : `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)}ms`;

/** `90s`, or `1.5s` for what is no whole second. */
export const timeText = (ms: number): string => `${Number((ms / 1000).toFixed(1))}s`;

const longestBar = 30;
const shortestBar = 5;
const refreshMs = 500;

/**
 * One line: how far it is, and what was measured so far.
 *
 * @param columns of the terminal: the bar gives way, so that the line stays one
 */
export function progressLine(plan: RatePlan, atMs: number, total: Measured, columns: number): string {
  const share = Math.min(1, atMs / plan.durationMs);
  const due = Math.floor(requestsUntil(plan, Math.min(atMs, plan.durationMs)));
  const told = [
    `${Math.floor(share * 100)} %`,
    `${total.sent} of ${due} sent`,
    `p95 ${latencyText(total.latencyMs?.p95)}`,
    `${total.failed} failed`,
    `${timeText(Math.max(0, Math.round((plan.durationMs - atMs) / 1000) * 1000))} left`,
  ].join(' · ');
  const width = Math.max(shortestBar, Math.min(longestBar, columns - told.length - 1));
  const done = Math.round(share * width);
  return `${'█'.repeat(done)}${'░'.repeat(width - done)} ${told}`;
}

/**
 * Shows a line on a terminal, and nothing elsewhere.
 *
 * @param line for a terminal of that many columns
 * @returns ends it, and takes the line away
 */
export function showProgress(stream: NodeJS.WriteStream, line: (columns: number) => string): () => void {
  if (!stream.isTTY) return () => undefined;
  const live = createLogUpdate(stream);
  const timer = setInterval(() => live(line(stream.columns)), refreshMs);
  return () => {
    clearInterval(timer);
    live.clear();
  };
}
