import type { KubeClient } from '../client/kube-client.ts';
import { KubeError, isRecord } from '../client/kube-error.ts';
import type { KubeObserver } from '../client/kube-observer.ts';
import { ReviewFailure, defaultReviewRetry, retryReview, type ReviewRetrySettings } from './review-retry.ts';

export interface ReviewSurroundings {
  readonly clock: { now(): number };
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly observer: KubeObserver;
}

export interface ReviewSettings extends ReviewRetrySettings {
  /** How long a yes is kept. */
  readonly acceptedTtlMs: number;
  /** How long a no is kept. */
  readonly refusedTtlMs: number;
  /** The least recently used goes first. */
  readonly maxEntries: number;
}

/** A decision holds 10 s, as in Go's delegated authentication and authorisation. */
export const defaultReviewSettings: ReviewSettings = {
  ...defaultReviewRetry,
  acceptedTtlMs: 10_000,
  refusedTtlMs: 10_000,
  maxEntries: 2048,
};

interface Review {
  readonly kind: 'TokenReview' | 'SubjectAccessReview' | 'SelfSubjectAccessReview';
  readonly apiVersion: string;
  readonly path: string;
  readonly spec: unknown;
  /** Must not show in any message. */
  readonly secret?: string;
}

/**
 * Creates a review and returns its `status`, retries included.
 *
 * @throws KubeError of the last attempt; the signal's reason
 */
export async function sendReview(
  client: KubeClient,
  review: Review,
  signal: AbortSignal,
  settings: ReviewRetrySettings,
  { random, observer }: ReviewSurroundings,
): Promise<Readonly<Record<string, unknown>>> {
  const { kind, apiVersion, path, spec, secret } = review;
  const attempt = async (timeoutMs: number) => {
    const reply = await client.create(path, { apiVersion, kind, spec }, { signal, timeoutMs });
    const status = isRecord(reply) ? reply['status'] : undefined;
    if (!isRecord(status)) throw new KubeError('reply', `the ${kind} has no status`);
    return status;
  };
  try {
    return await retryReview(attempt, signal, settings, random);
  } catch (error) {
    if (!(error instanceof ReviewFailure)) throw error;
    const { last, attempts } = error;
    const message = secret === undefined ? last.message : last.message.replaceAll(secret, '…');
    observer.reviewFailed({ kind, message, attempts });
    const { statusCode, reason } = last;
    throw new KubeError(last.kind, `${kind} failed: ${message}`, { statusCode, reason });
  }
}

/** The error for a reply that cannot be understood, which lets nobody in. */
export function misunderstood(
  kind: Review['kind'],
  what: string,
  { observer }: ReviewSurroundings,
): KubeError {
  observer.reviewFailed({ kind, message: what, attempts: 1 });
  return new KubeError('reply', `${kind} failed: ${what}`);
}
