import type { ConfigurationOptions } from '@kubernetes/client-node';
import { pauseBoundMs, pauseUntil, type BackOffSettings } from '../../runtime/back-off.ts';
import { KubeError } from '../client/kube-error.ts';
import { isRecord, type KubeObject } from '../client/kube-object.ts';
import type { KubeObserver, KubeDependencies } from '../client/kube-observer.ts';
import type { ReviewTurns, TurnSettings } from './review-turns.ts';

export interface ReviewSettings extends BackOffSettings, TurnSettings {
  /** For all attempts and pauses together, and the time in which the review waits for its turn. */
  readonly deadlineMs: number;
  /** An attempt without an answer is made once more after this time, since its connection may be dead. The first counts. */
  readonly secondTryMs: number;
  readonly attempts: number;
  /** How long a positive answer is kept, and a negative one. */
  readonly acceptedTtlMs: number;
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

/**
 * Sent reviews go on for this long after the last client that waits has left. Canceling one closes its connection to the API
 * server, and a new connection costs more than an answer: clients that reset many requests would take all of the processor.
 */
const lingerMs = 500;

type ReviewKind = Parameters<KubeObserver['reviewFailed']>[0]['kind'];

export interface Review<T> {
  readonly body: { readonly apiVersion: string; readonly kind: ReviewKind; readonly spec: object };
  readonly send: (request: Pick<Review<T>, 'body'>, options: ConfigurationOptions) => Promise<unknown>;
  /** Returns undefined if the status contradicts itself. Such a reply grants nothing. */
  readonly answerOf: (status: KubeObject) => T | undefined;
  /** Removed from every message. */
  readonly secret?: string;
  readonly turns: ReviewTurns;
  /** Whose turn it takes: the user, or the address of a client whose user is not known. */
  readonly client: string;
  /** Whether an answer to it is kept. */
  readonly isRenewal?: boolean;
}

/** Creates reviews, and repeats those that fail. */
export class Reviewer {
  readonly #dependencies: KubeDependencies;
  readonly #settings: ReviewSettings;

  constructor(dependencies: KubeDependencies, settings: ReviewSettings) {
    this.#dependencies = dependencies;
    this.#settings = settings;
  }

  /** @throws KubeError of the last attempt; AdapterError `TooManyRequests`; the signal's reason */
  async review<T>(review: Review<T>, signal: AbortSignal): Promise<T> {
    const { turns, client, body } = review;
    const { deadlineMs } = this.#settings;
    return await turns.admit(client, JSON.stringify(body.spec).length, async () => {
      const deadline = new AbortController();
      const late = new KubeError('timeout', `${body.kind} had no answer for ${deadlineMs / 1000} s`);
      const timer = setTimeout(() => deadline.abort(late), deadlineMs);
      try {
        const status = await this.#attempts(review, signal, deadline.signal);
        const answer = review.answerOf(status);
        if (answer !== undefined) return answer;
        const malformed = new KubeError('reply', 'its status contradicts itself or cannot be read');
        throw this.#failure(review, malformed, 1);
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        clearTimeout(timer);
      }
    });
  }

  async #attempts(review: Review<unknown>, left: AbortSignal, deadline: AbortSignal): Promise<KubeObject> {
    const { body, send, turns, client, isRenewal } = review;
    const signal = AbortSignal.any([left, deadline]);
    const { deadlineMs: timeoutMs, attempts } = this.#settings;
    const endMs = performance.now() + timeoutMs;
    const call = (either: AbortSignal) =>
      this.#dependencies.client.call((options) => send({ body }, options), {
        signal: either,
        timeoutMs,
        body,
      });
    for (let made = 1; ; made++) {
      try {
        const answer = () =>
          lingering(left, (lingered) => this.#firstAnswer(call, AbortSignal.any([lingered, deadline])));
        const reply = await turns.turn(client, signal, answer, isRenewal);
        const status = isRecord(reply) ? reply['status'] : undefined;
        if (isRecord(status)) return status;
        throw new KubeError('reply', `the ${body.kind} has no status`);
      } catch (error) {
        if (!(error instanceof KubeError)) throw error;
        const pauseMs = this.#pauseMs(made, error);
        if (!error.retryable || made >= attempts || performance.now() + pauseMs >= endMs)
          throw this.#failure(review, error, made);
        await pauseUntil(pauseMs, signal);
      }
    }
  }

  /** Makes a call, and a second one beside it if there is no answer in time. */
  async #firstAnswer(call: (signal: AbortSignal) => Promise<unknown>, signal: AbortSignal): Promise<unknown> {
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    try {
      const first = call(either);
      const quick = await Promise.race([first, pauseUntil(this.#settings.secondTryMs, either)]);
      return quick ?? (await Promise.any([first, call(either)]));
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error;
    } finally {
      ended.abort();
    }
  }

  /** Go's jitter and not full jitter: five attempts must outlast a short outage. */
  #pauseMs(made: number, { retryAfterMs = 0 }: KubeError): number {
    const jitter = 1 + 0.2 * this.#dependencies.random();
    return Math.max(pauseBoundMs(made, this.#settings) * jitter, retryAfterMs);
  }

  #failure({ body: { kind }, secret }: Review<unknown>, last: KubeError, attempts: number): KubeError {
    const message = secret === undefined ? last.message : last.message.replaceAll(secret, '…');
    this.#dependencies.observer.reviewFailed({ kind, message, attempts });
    const { statusCode, reason } = last;
    return new KubeError(last.kind, `${kind} failed: ${message}`, { statusCode, reason });
  }
}

/** Does the work with a signal that is aborted some time after the given one. */
async function lingering<T>(left: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ended = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const leave = () => (timer = setTimeout(() => ended.abort(left.reason), lingerMs));
  left.addEventListener('abort', leave);
  // They may have left in the moment in which the turn came.
  if (left.aborted) leave();
  try {
    return await work(ended.signal);
  } finally {
    left.removeEventListener('abort', leave);
    clearTimeout(timer);
  }
}
