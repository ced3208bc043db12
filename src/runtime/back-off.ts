import { setTimeout as pause } from 'node:timers/promises';

export interface BackOffSettings {
  /** Upper bound of the first pause; it doubles with each failure. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** Upper bound of the pause after so many failures in a row, the last one included. */
export function pauseBoundMs(failures: number, { firstPauseMs, longestPauseMs }: BackOffSettings): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.max(0, failures - 1));
}

export interface JitterSettings extends BackOffSettings {
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Full jitter: a pause that is uniform between 0 and `pauseBoundMs`. */
export function jitteredPauseMs(failures: number, settings: JitterSettings): number {
  return Math.round(settings.random() * pauseBoundMs(failures, settings));
}

/** Ends early, without an error, by the signal. */
export async function pauseUntil(pauseMs: number, signal: AbortSignal): Promise<void> {
  await pause(pauseMs, undefined, { signal }).catch(() => undefined);
}
