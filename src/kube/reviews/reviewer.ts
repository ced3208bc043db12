import type { ConfigurationOptions } from '@kubernetes/client-node';
import { pauseBoundMs, pauseUntil, type BackOffSettings } from '../../runtime/back-off.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { KubeError } from '../client/kube-error.ts';
import { isRecord, type KubeObject } from '../client/kube-object.ts';
import type { KubeObserver, KubeDependencies } from '../client/kube-observer.ts';
import type { ReviewTurns, TurnSettings } from './review-turns.ts';

export interface ReviewSettings extends BackOffSettings, TurnSettings {
  /** For all attempts and pauses together, and the time in which the review waits for its turn. */
  readonly deadlineMs: number;
  /**
   * An attempt without an answer is made once more after this time, because its connection may be dead. The first answer
   * counts.
   */
  readonly secondTryMs: number;
  readonly attempts: number;
  /** How long a positive answer is kept. */
  readonly acceptedTtlMs: number;
  /** How long a negative answer is kept. */
  readonly refusedTtlMs: number;
  /** Bounds of the positive answers. The negative ones have a quarter. */
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/**
 * The values of Go's delegated authentication and authorisation: an answer holds 10 s, a review takes at most 10 s and
 * five attempts, with pauses from 500 ms that grow by half (DefaultAuthWebhookRetryBackoff in
 * k8s.io/apiserver/pkg/server/options).
 *
 * @bound 1,280 pending reviews of access; 23 are sent | 5 MiB of questions | a user takes at most as many as are free | constants
 */
export const defaultReviewSettings: ReviewSettings = {
  deadlineMs: 10_000,
  secondTryMs: 2000,
  attempts: 5,
  firstPauseMs: 500,
  longestPauseMs: 10_000,
  factor: 1.5,
  acceptedTtlMs: 10_000,
  refusedTtlMs: 10_000,
  maxEntries: 4096,
  maxBytes: 8 * 1024 * 1024,
  maxPending: 512,
  maxPendingBytes: 2 * 1024 * 1024,
  // Each may need two of the 100 connections to the API server. Other calls have the 22 that are left.
  maxSent: 9,
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

/** Whose turn a review takes: the user, or the address of a client whose user is not known. */
export interface ReviewTurn {
  readonly turns: ReviewTurns;
  readonly client: string;
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
   * @throws KubeError of the last attempt; AdapterError `TooManyRequests`; the signal's reason
   */
  async review<Spec>(
    review: Review<Spec>,
    { turns, client }: ReviewTurn,
    signal: AbortSignal,
  ): Promise<KubeObject> {
    const { kind, spec } = review;
    const { deadlineMs } = this.#settings;
    const deadline = new AbortController();
    const late = () => new KubeError('timeout', `${kind} had no answer for ${deadlineMs / 1000} s`);
    return await turns.admit(client, JSON.stringify(spec).length, async () => {
      const timer = setTimeout(() => deadline.abort(late()), deadlineMs);
      try {
        const either = AbortSignal.any([signal, deadline.signal]);
        return await this.#attempts(review, (send) => turns.turn(client, either, send), either);
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        clearTimeout(timer);
      }
    });
  }

  async #attempts<Spec>(
    { send, secret, ...body }: Review<Spec>,
    inTurn: <T>(send: () => Promise<T>) => Promise<T>,
    signal: AbortSignal,
  ): Promise<KubeObject> {
    const { kind } = body;
    const { deadlineMs: timeoutMs, attempts } = this.#settings;
    const endMs = performance.now() + timeoutMs;
    const call = (either: AbortSignal) =>
      this.#client.call((options) => send({ body }, options), { signal: either, timeoutMs, body });
    for (let made = 1; ; made++) {
      try {
        return statusOf(kind, await inTurn(() => this.#firstAnswer(call, signal)));
      } catch (error) {
        if (!(error instanceof KubeError)) throw error;
        const pauseMs = this.#pauseMs(made, error);
        if (!error.retryable || made >= attempts || performance.now() + pauseMs >= endMs)
          throw this.#failure(kind, error, made, secret);
        await pauseUntil(pauseMs, signal);
      }
    }
  }

  /** Makes a call, and a second one beside it if there is no answer in time. */
  async #firstAnswer<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    try {
      const first = call(either);
      const hasEnded = first.then(
        () => true,
        () => true,
      );
      const isSlow = pauseUntil(this.#settings.secondTryMs, either).then(() => false);
      if (await Promise.race([hasEnded, isSlow])) return await first;
      return await Promise.any([first, call(either)]);
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error;
    } finally {
      ended.abort();
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
