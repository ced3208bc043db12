import { toAdapterError, type AdapterError } from '../../errors.ts';
import type { ServingPair } from './serving-pair.ts';

export interface ServingObserver {
  servingPairReplaced(): void;
  /** Called once for each new failure. The last good pair stays in use. */
  servingPairUnusable(error: AdapterError): void;
}

export interface KeeperOptions {
  /** Returns the pair to serve now: read from its files, or a new one if it is about to expire. */
  readonly load: () => Promise<ServingPair>;
  readonly everyMs: number;
  readonly onChange: (pair: ServingPair) => void;
  /** Called once for each new failure. A success in between makes the same failure new again. */
  readonly onFailure: (error: AdapterError) => void;
}

/** Checks the serving pair periodically. It polls, because a changed Secret moves links, which a file watch misses. */
export class ServingPairKeeper {
  readonly #options: KeeperOptions;
  readonly #timer: NodeJS.Timeout;
  #current: ServingPair;
  #failure: string | undefined;
  #pendingCheck: Promise<void> | undefined;

  constructor(first: ServingPair, options: KeeperOptions) {
    this.#options = options;
    this.#current = first;
    this.#timer = setInterval(() => {
      this.#pendingCheck ??= this.#check().finally(() => (this.#pendingCheck = undefined));
    }, options.everyMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#pendingCheck;
  }

  /** Never rejects. */
  async #check(): Promise<void> {
    try {
      const pair = await this.#options.load();
      this.#failure = undefined;
      if (pair.certificate === this.#current.certificate && pair.key === this.#current.key) return;
      this.#options.onChange(pair);
      this.#current = pair;
    } catch (thrown) {
      const error = toAdapterError(thrown);
      if (this.#failure !== error.what) this.#options.onFailure(error);
      this.#failure = error.what;
    }
  }
}
