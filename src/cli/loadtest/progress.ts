import { createLogUpdate } from 'log-update';
import { requestsUntil, type RatePlan } from './rate-plan.ts';
import { latencyText, timeText } from './report.ts';
import type { Measured } from './tally.ts';

const barWidth = 30;
const refreshMs = 500;

/** One line: how far it is, and what was measured so far. */
export function progressLine(plan: RatePlan, atMs: number, total: Measured): string {
  const share = Math.min(1, atMs / plan.durationMs);
  const done = Math.round(share * barWidth);
  const bar = `${'█'.repeat(done)}${'░'.repeat(barWidth - done)}`;
  const due = Math.floor(requestsUntil(plan, Math.min(atMs, plan.durationMs)));
  return [
    `${bar} ${Math.floor(share * 100)} %`,
    `${total.sent} of ${due} requests sent`,
    `p95 ${latencyText(total.latencyMs?.p95)}`,
    `${total.failed} failed`,
    `${timeText(Math.max(0, Math.round((plan.durationMs - atMs) / 1000) * 1000))} left`,
  ].join(' · ');
}

/**
 * Shows a line on a terminal, and nothing elsewhere.
 *
 * @returns ends it, and takes the line away
 */
export function showProgress(stream: NodeJS.WriteStream, line: () => string): () => void {
  if (!stream.isTTY) return () => undefined;
  const live = createLogUpdate(stream);
  const timer = setInterval(() => live(line()), refreshMs);
  return () => {
    clearInterval(timer);
    live.clear();
  };
}
