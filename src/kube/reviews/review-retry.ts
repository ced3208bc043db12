import { setTimeout as pause } from 'node:timers/promises';
import { KubeError } from '../client/kube-error.ts';

export interface ReviewRetrySettings {
  /** Of all attempts and pauses together. */
  readonly deadlineMs: number;
  /** Of one attempt. */
  readonly attemptTimeoutMs: number;
  readonly attempts: number;
  /** The first pause; each is longer than the one before by `pauseFactor`, and by up to `jitter` of itself. */
  readonly firstPauseMs: number;
  readonly pauseFactor: number;
  readonly jitter: number;
}

/**
 * Those of Go's delegated authentication and authorisation: 10 s for a review, five attempts from 500 ms
 * (DefaultAuthWebhookRetryBackoff in k8s.io/apiserver/pkg/server/options). An attempt that hangs leaves time for
 * another.
 */
export const defaultReviewRetry: ReviewRetrySettings = {
  deadlineMs: 10_000,
  attemptTimeoutMs: 4000,
  attempts: 5,
  firstPauseMs: 500,
  pauseFactor: 1.5,
  jitter: 0.2,
};

/** The last attempt's failure, and how many there were. */
export class ReviewFailure extends Error {
  override readonly name = 'ReviewFailure';
  readonly attempts: number;
  readonly last: KubeError;

  constructor(last: KubeError, attempts: number) {
    super(last.message, { cause: last });
    this.attempts = attempts;
    this.last = last;
  }
}

/**
 * Tries again what may succeed the next time, within the deadline.
 *
 * @param random uniform in [0, 1)
 * @throws ReviewFailure; the signal's reason
 */
export async function retryReview<T>(
  attempt: (timeoutMs: number) => Promise<T>,
  signal: AbortSignal,
  settings: ReviewRetrySettings,
  random: () => number,
): Promise<T> {
  const { deadlineMs, attemptTimeoutMs, attempts, firstPauseMs, pauseFactor, jitter } = settings;
  const endMs = performance.now() + deadlineMs;
  for (let made = 1; ; made++) {
    try {
      return await attempt(Math.max(1, Math.min(attemptTimeoutMs, endMs - performance.now())));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof KubeError)) throw error;
      const stepMs = firstPauseMs * pauseFactor ** (made - 1) * (1 + jitter * random());
      const pauseMs = Math.max(stepMs, error.retryAfterMs ?? 0);
      if (!error.retryable || made >= attempts || performance.now() + pauseMs >= endMs)
        throw new ReviewFailure(error, made);
      await pause(pauseMs, undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }
}
