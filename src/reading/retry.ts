import { AdapterError } from '../errors.ts';
import { jitteredPauseMs, pauseUntil, type JitterSettings } from '../runtime/back-off.ts';
import { untilCanceled } from '../sls/transport.ts';

export interface RetrySettings extends JitterSettings {
  /** For all attempts and pauses together. */
  readonly deadlineMs: number;
  /** Default: by timers. */
  readonly pause?: (pauseMs: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Repeats an attempt after a retryable error (`retryable` in the registry of errors), with full jitter, until it succeeds,
 * the retries are used up or the deadline passes. The deadline also ends an attempt or a pause.
 *
 * @param maxRetries called after each failure, because waiters that joined meanwhile may allow more
 * @throws AdapterError the error of the last attempt; `DeadlineExceeded` with that error as its cause; `Canceled` once
 *   the signal is aborted
 */
export async function withRetry<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  maxRetries: () => number,
  signal: AbortSignal,
  settings: RetrySettings,
): Promise<T> {
  const { pause = pauseUntil } = settings;
  const deadline = AbortSignal.timeout(Math.ceil(settings.deadlineMs));
  const either = AbortSignal.any([signal, deadline]);
  let lastError: AdapterError | undefined;
  const attempts = async () => {
    for (let failures = 1; ; failures++) {
      try {
        return await attempt(either);
      } catch (error) {
        if (!(error instanceof AdapterError) || !error.retryable) throw error;
        if (either.aborted || failures > maxRetries()) throw error;
        lastError = error;
        await pause(jitteredPauseMs(failures, settings), either);
        either.throwIfAborted();
      }
    }
  };
  try {
    either.throwIfAborted();
    return await untilCanceled(attempts(), either);
  } catch (thrown) {
    if (signal.aborted) throw new AdapterError('Canceled', 'the read was canceled', { cause: signal.reason });
    if (!deadline.aborted) throw thrown;
    const last =
      lastError === undefined ? 'the first attempt did not end' : `last attempt: ${lastError.what}`;
    throw new AdapterError('DeadlineExceeded', `no answer before the deadline of the read; ${last}`, {
      cause: lastError,
    });
  }
}
