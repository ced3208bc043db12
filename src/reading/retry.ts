import { setTimeout as pause } from 'node:timers/promises';
import { AdapterError } from '../errors.ts';
import { untilCanceled } from '../sls/until-canceled.ts';

export interface RetrySettings {
  /** Of one read, all attempts and pauses together. */
  readonly deadlineMs: number;
  /** Upper bound of the first pause; it doubles with each attempt. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Full jitter: uniform between nothing and a bound that doubles. `retries`: how many went before. */
export function pauseMs(
  retries: number,
  { firstPauseMs, longestPauseMs, random }: Omit<RetrySettings, 'deadlineMs'>,
): number {
  return Math.round(random() * Math.min(longestPauseMs, firstPauseMs * 2 ** retries));
}

/**
 * Sends again what may succeed the next time (`retryable` in the registry of errors), with full jitter, until
 * an answer, the last retry or the deadline. An attempt or a pause under way ends no later than the deadline.
 *
 * @param maxRetries asked after each failure, since whoever joins meanwhile may grant more
 * @throws AdapterError that of the last attempt; `DeadlineExceeded` with it as cause; `Canceled` by the signal
 */
export async function withRetry<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  maxRetries: () => number,
  signal: AbortSignal,
  settings: RetrySettings,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), settings.deadlineMs);
  const either = AbortSignal.any([signal, deadline.signal]);
  let lastError: AdapterError | undefined;
  const attempts = async () => {
    for (let retries = 0; ; retries++) {
      try {
        return await attempt(either);
      } catch (error) {
        if (!(error instanceof AdapterError) || !error.retryable) throw error;
        if (either.aborted || retries >= maxRetries()) throw error;
        lastError = error;
        await pause(pauseMs(retries, settings), undefined, { signal: either });
      }
    }
  };
  try {
    either.throwIfAborted();
    return await untilCanceled(attempts(), either);
  } catch (thrown) {
    if (signal.aborted) throw new AdapterError('Canceled', 'the read was canceled', { cause: signal.reason });
    if (!deadline.signal.aborted) throw thrown;
    const last =
      lastError === undefined ? 'the first attempt did not end' : `last attempt: ${lastError.what}`;
    throw new AdapterError('DeadlineExceeded', `no answer within ${settings.deadlineMs / 1000} s; ${last}`, {
      cause: lastError,
    });
  } finally {
    clearTimeout(timer);
  }
}
