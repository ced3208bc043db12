import { setTimeout as pause } from 'node:timers/promises';

export interface BackOffSettings {
  /** Upper bound of the first pause. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** How much the bound grows with each failure. Default: 2. */
  readonly factor?: number;
}

/** Returns the upper bound of the pause after so many failures in a row, the last one included. */
export function pauseBoundMs(
  failures: number,
  { firstPauseMs, longestPauseMs, factor = 2 }: BackOffSettings,
): number {
  return Math.min(longestPauseMs, firstPauseMs * factor ** Math.max(0, failures - 1));
}

export interface JitterSettings extends BackOffSettings {
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * Returns a pause between 0 and `pauseBoundMs`, so that replicas that failed together do not retry together.
 * Source: "Exponential Backoff And Jitter", AWS Architecture Blog.
 */
export function jitteredPauseMs(failures: number, settings: JitterSettings): number {
  return Math.round(settings.random() * pauseBoundMs(failures, settings));
}

/** Waits. The signal ends the wait early and without an error. */
export async function pauseUntil(pauseMs: number, signal: AbortSignal): Promise<void> {
  await pause(pauseMs, undefined, { signal }).catch(() => undefined);
}
