import type { ConfigurationOptions } from '@kubernetes/client-node';
import { pauseBoundMs, pauseUntil, type BackOffSettings } from '../../runtime/back-off.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { KubeError } from '../client/kube-error.ts';
import { isRecord, type KubeObject } from '../client/kube-object.ts';
import type { KubeObserver, KubeDependencies } from '../client/kube-observer.ts';

export interface ReviewSettings extends BackOffSettings {
  /** For all attempts and pauses together. */
  readonly deadlineMs: number;
  /** For one attempt, shorter than the deadline: an attempt that hangs leaves time for another. */
  readonly attemptTimeoutMs: number;
  readonly attempts: number;
  /** How long a positive answer is kept. */
  readonly acceptedTtlMs: number;
  /** How long a negative answer is kept. */
  readonly refusedTtlMs: number;
  /** The least recently used answer goes first. */
  readonly maxEntries: number;
}

/**
 * The values of Go's delegated authentication and authorisation: an answer holds 10 s, a review takes at most 10 s and
 * five attempts, with pauses from 500 ms that grow by half (DefaultAuthWebhookRetryBackoff in
 * k8s.io/apiserver/pkg/server/options).
 */
export const defaultReviewSettings: ReviewSettings = {
  deadlineMs: 10_000,
  attemptTimeoutMs: 4000,
  attempts: 5,
  firstPauseMs: 500,
  longestPauseMs: 10_000,
  factor: 1.5,
  acceptedTtlMs: 10_000,
  refusedTtlMs: 10_000,
  maxEntries: 2048,
};

type ReviewKind = Parameters<KubeObserver['reviewFailed']>[0]['kind'];

interface ReviewBody<Spec> {
  readonly apiVersion: string;
  readonly kind: ReviewKind;
  readonly spec: Spec;
}

export interface Review<Spec = object> extends ReviewBody<Spec> {
  readonly send: (request: { body: ReviewBody<Spec> }, options: ConfigurationOptions) => Promise<unknown>;
  /** Removed from every message. */
  readonly secret?: string;
}

/** Creates reviews, and repeats those that fail. */
export class Reviewer {
  readonly #client: KubeClient;
  readonly #dependencies: KubeDependencies;
  readonly #settings: ReviewSettings;

  constructor(client: KubeClient, dependencies: KubeDependencies, settings: ReviewSettings) {
    this.#client = client;
    this.#dependencies = dependencies;
    this.#settings = settings;
  }

  /**
   * Returns the status of the review.
   *
   * @throws KubeError of the last attempt; the signal's reason
   */
  async review<Spec>({ send, secret, ...body }: Review<Spec>, signal: AbortSignal): Promise<KubeObject> {
    const { kind } = body;
    const { deadlineMs, attemptTimeoutMs, attempts } = this.#settings;
    const endMs = performance.now() + deadlineMs;
    for (let made = 1; ; made++) {
      try {
        const timeoutMs = Math.max(1, Math.min(attemptTimeoutMs, endMs - performance.now()));
        const call = { signal, timeoutMs, body };
        return statusOf(kind, await this.#client.call((options) => send({ body }, options), call));
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof KubeError)) throw error;
        const pauseMs = this.#pauseMs(made, error);
        if (!error.retryable || made >= attempts || performance.now() + pauseMs >= endMs)
          throw this.#failure(kind, error, made, secret);
        await pauseUntil(pauseMs, signal);
        signal.throwIfAborted();
      }
    }
  }

  /** Returns the error for a reply that contradicts itself. Such a reply grants nothing. */
  malformed(kind: ReviewKind, what: string): KubeError {
    return this.#failure(kind, new KubeError('reply', what), 1);
  }

  /** Go's jitter and not full jitter: five attempts must outlast a short outage. */
  #pauseMs(made: number, { retryAfterMs = 0 }: KubeError): number {
    const jitter = 1 + 0.2 * this.#dependencies.random();
    return Math.max(pauseBoundMs(made, this.#settings) * jitter, retryAfterMs);
  }

  #failure(kind: ReviewKind, last: KubeError, attempts: number, secret?: string): KubeError {
    const message = secret === undefined ? last.message : last.message.replaceAll(secret, '…');
    this.#dependencies.observer.reviewFailed({ kind, message, attempts });
    const { statusCode, reason } = last;
    return new KubeError(last.kind, `${kind} failed: ${message}`, { statusCode, reason });
  }
}

function statusOf(kind: ReviewKind, reply: unknown): KubeObject {
  const status = isRecord(reply) ? reply['status'] : undefined;
  if (!isRecord(status)) throw new KubeError('reply', `the ${kind} has no status`);
  return status;
}
