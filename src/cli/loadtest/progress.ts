import { createLogUpdate } from 'log-update';
import { requestsUntil, type RatePlan } from './rate-plan.ts';
import { latencyText, timeText } from './report.ts';
import type { Measured } from './tally.ts';

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
