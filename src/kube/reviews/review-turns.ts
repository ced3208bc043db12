import { AdapterError } from '../../errors.ts';
import { Shares } from '../../runtime/shares.ts';

/** The bounds of one client. All together get two and a half times as much, see `Shares`. */
export interface TurnSettings {
  /** Reviews that are sent or wait, and their bytes. */
  readonly maxPending: number;
  readonly maxPendingBytes: number;
  /** Reviews that are sent at a time. */
  readonly maxSent: number;
}

/** By client. The client whose turn is next comes first. */
type Waiting = Map<string, Set<() => void>>;

/**
 * Lets the clients send their reviews in turn, so that one with thousands does not delay the only one of another. Strangers
 * can cause reviews, so what is too many is refused at once.
 */
export class ReviewTurns {
  readonly #pending: Shares;
  readonly #pendingBytes: Shares;
  readonly #sent: Shares;
  /** @bound the pending reviews | - | as the pending reviews | constants */
  readonly #waiting: Waiting = new Map<string, Set<() => void>>();
  /**
   * Their turns come first, so that new users delay no user whose access is known.
   *
   * @bound the pending reviews | - | as the pending reviews | constants
   */
  readonly #renewing: Waiting = new Map<string, Set<() => void>>();

  constructor({ maxPending, maxPendingBytes, maxSent }: TurnSettings) {
    this.#pending = new Shares(maxPending);
    this.#pendingBytes = new Shares(maxPendingBytes);
    this.#sent = new Shares(maxSent);
  }

  /**
   * Counts the work as a pending review, until it ends.
   *
   * @throws AdapterError `TooManyRequests`; what the work throws
   */
  async admit<T>(client: string, bytes: number, work: () => Promise<T>): Promise<T> {
    const tooMany = () =>
      new AdapterError('TooManyRequests', `too many reviews of "${client}" wait for the API server already`);
    if (!this.#pending.take(client)) throw tooMany();
    if (!this.#pendingBytes.take(client, bytes)) {
      this.#pending.give(client);
      throw tooMany();
    }
    try {
      return await work();
    } finally {
      this.#pending.give(client);
      this.#pendingBytes.give(client, bytes);
    }
  }

  /**
   * Waits for the turn of the client, then sends.
   *
   * @param isRenewal of an answer that is kept
   * @throws the reason of the signal; what `send` throws
   */
  async turn<T>(client: string, signal: AbortSignal, send: () => Promise<T>, isRenewal = false): Promise<T> {
    signal.throwIfAborted();
    const waiting = isRenewal ? this.#renewing : this.#waiting;
    if (waiting.has(client) || !this.#sent.take(client)) await waitIn(waiting, client, signal);
    try {
      return await send();
    } finally {
      this.#sent.give(client);
      this.#startNext();
    }
  }

  #startNext(): void {
    for (const waiting of [this.#renewing, this.#waiting]) this.#startIn(waiting);
  }

  #startIn(waiting: Waiting): void {
    for (const [client, ofClient] of waiting) {
      const [next] = ofClient;
      if (next === undefined || !this.#sent.take(client)) continue;
      next();
      // The last one until the others had their turn.
      if (!waiting.delete(client)) continue;
      waiting.set(client, ofClient);
    }
  }
}

function waitIn(waiting: Waiting, client: string, signal: AbortSignal): Promise<void> {
  const started = Promise.withResolvers<undefined>();
  const ofClient = waiting.get(client) ?? new Set<() => void>();
  waiting.set(client, ofClient);
  const leave = () => {
    signal.removeEventListener('abort', giveUp);
    ofClient.delete(start);
    if (ofClient.size === 0) waiting.delete(client);
  };
  const giveUp = () => {
    leave();
    started.reject(signal.reason);
  };
  const start = () => {
    leave();
    started.resolve(undefined);
  };
  ofClient.add(start);
  signal.addEventListener('abort', giveUp);
  return started.promise;
}
