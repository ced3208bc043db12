import { createLogUpdate } from 'log-update';
import { alignedTable } from '../table.ts';
import { rateAt, type RatePlan, requestsUntil } from './open-loop.ts';
import type { Measured, Tally } from './tally.ts';

/** A load test and its measurements. */
export interface LoadReport {
  readonly url: string;
  readonly method: string;
  readonly plan: RatePlan;
  /** How long it sent. Shorter than planned if it was interrupted. */
  readonly sentForMs: number;
  readonly tally: Tally;
}

/** Returns a table with one line a step, and the total. */
export function reportTable(report: LoadReport): string {
  const { plan, sentForMs, tally } = report;
  const { steps, total } = reportJson(report);
  const rows = steps.map((step) => [
    `${timeText(step.fromSeconds * 1000)}-${timeText(step.toSeconds * 1000)}`,
    ...cellsOf(step),
  ]);
  const head = ['TIME', 'PLANNED/S', 'SENT/S', 'ANSWERED/S', 'P50', 'P95', 'P99', 'FAILED', 'UNSENT'];
  const endings = tally.endings().map(([ending, count]) => `${ending} ${count}`);
  return [
    alignedTable(head, [...rows, ['total', ...cellsOf(total)]]),
    '',
    `Ended by: ${endings.length === 0 ? 'no request ended' : endings.join(', ')}.`,
    ...(total.unsent === 0
      ? []
      : [`${total.unsent} requests were not sent because all connections were in use (--connections).`]),
    ...(sentForMs < plan.durationMs
      ? [`Ended after ${timeText(sentForMs)} of ${timeText(plan.durationMs)}.`]
      : []),
    '',
  ].join('\n');
}

export function reportJson({ url, method, plan, sentForMs, tally }: LoadReport) {
  return {
    url,
    method,
    fromPerSecond: plan.fromPerSecond,
    toPerSecond: plan.toPerSecond,
    durationSeconds: plan.durationMs / 1000,
    sentForSeconds: sentForMs / 1000,
    steps: tally.steps(sentForMs).map((step) => measuredJson(step, plan)),
    total: measuredJson(tally.total(sentForMs), plan),
    endings: Object.fromEntries(tally.endings()),
  };
}

function measuredJson({ fromMs, toMs, latencyMs, ...counts }: Measured, plan: RatePlan) {
  const perSecond = (count: number) => (toMs === fromMs ? 0 : (count * 1000) / (toMs - fromMs));
  return {
    fromSeconds: fromMs / 1000,
    toSeconds: toMs / 1000,
    plannedPerSecond: (rateAt(plan, fromMs) + rateAt(plan, toMs)) / 2,
    sentPerSecond: perSecond(counts.sent),
    answeredPerSecond: perSecond(counts.answered),
    ...counts,
    latencyMs: latencyMs ?? null,
  };
}

const cellsOf = (part: ReturnType<typeof measuredJson>): string[] => [
  ...[part.plannedPerSecond, part.sentPerSecond, part.answeredPerSecond].map((rate) => rate.toFixed(1)),
  ...(['p50', 'p95', 'p99'] as const).map((name) => latencyText(part.latencyMs?.[name])),
  String(part.failed),
  String(part.unsent),
];

const latencyText = (ms: number | undefined): string =>
  ms === undefined ? '-' : `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)}ms`;

/** Formats a duration as `90s` or `1.5s`. */
const timeText = (ms: number): string => `${Number((ms / 1000).toFixed(1))}s`;

const maxBar = 30;
const minBar = 5;
const refreshMs = 500;

/**
 * Returns one line with the progress and the measurements so far.
 *
 * @param columns width of the terminal; the bar is shortened so that the line fits
 */
export function progressLine(plan: RatePlan, atMs: number, total: Measured, columns: number): string {
  const share = Math.min(1, atMs / plan.durationMs);
  const due = Math.floor(requestsUntil(plan, Math.min(atMs, plan.durationMs)));
  const text = [
    `${Math.floor(share * 100)} %`,
    `${total.sent} of ${due} sent`,
    `p95 ${latencyText(total.latencyMs?.p95)}`,
    `${total.failed} failed`,
    `${timeText(Math.max(0, Math.round((plan.durationMs - atMs) / 1000) * 1000))} left`,
  ].join(' · ');
  const width = Math.max(minBar, Math.min(maxBar, columns - text.length - 1));
  const done = Math.round(share * width);
  return `${'█'.repeat(done)}${'░'.repeat(width - done)} ${text}`;
}

/**
 * Shows a live line on a terminal. Shows nothing if the stream is not a terminal.
 *
 * @param line returns the line for the width of the terminal
 * @returns a function that ends it and removes the line
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
