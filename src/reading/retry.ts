import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { AdapterError, toAdapterError } from '../errors.ts';

export interface RetrySettings {
  /** Of one read, all attempts and pauses together. */
  readonly deadlineMs: number;
  /** Upper bound of the first pause; it doubles with each attempt. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * Sends again what may succeed the next time (`retryable` in the registry of errors), with full jitter, until
 * an answer, the last retry or the deadline.
 *
 * @throws AdapterError that of the last attempt; `DeadlineExceeded` with it as cause; `Canceled` by the signal
 */
export async function withRetry<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  maxRetries: number,
  signal: AbortSignal,
  settings: RetrySettings,
): Promise<T> {
  const deadline = AbortSignal.timeout(settings.deadlineMs);
  const either = AbortSignal.any([signal, deadline]);
  let lastError: AdapterError | undefined;
  const policy = retry(
    handleWhen((error) => error instanceof AdapterError && error.retryable),
    {
      maxAttempts: maxRetries,
      backoff: new ExponentialBackoff<number>({
        initialDelay: settings.firstPauseMs,
        maxDelay: settings.longestPauseMs,
        generator: (pauses = 0, { initialDelay, maxDelay }) => [
          Math.round(settings.random() * Math.min(maxDelay, initialDelay * 2 ** pauses)),
          pauses + 1,
        ],
      }),
    },
  );
  try {
    return await policy.execute(async () => {
      try {
        return await attempt(either);
      } catch (thrown) {
        const error = toAdapterError(thrown);
        if (error.code !== 'Canceled') lastError = error;
        throw error;
      }
    }, either);
  } catch (thrown) {
    if (signal.aborted) throw new AdapterError('Canceled', 'the read was canceled', { cause: signal.reason });
    if (!deadline.aborted) throw toAdapterError(thrown);
    const last =
      lastError === undefined ? 'the first attempt did not end' : `last attempt: ${lastError.what}`;
    throw new AdapterError('DeadlineExceeded', `no answer within ${settings.deadlineMs / 1000} s; ${last}`, {
      cause: lastError,
    });
  }
}
