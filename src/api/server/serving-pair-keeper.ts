import { toAdapterError, type AdapterError } from '../../errors.ts';
import type { ServingPair } from './serving-pair.ts';

/** What is told of the serving pair. */
export interface ServingObserver {
  servingPairReplaced(): void;
  /** Told once a failure; the last good pair stays in use. */
  servingPairUnusable(error: AdapterError): void;
}

export interface KeeperOptions {
  /** The pair as it should be now: read from its files, or made anew where it is about to expire. */
  readonly load: () => Promise<ServingPair>;
  readonly everyMs: number;
  readonly onChange: (pair: ServingPair) => void;
  /** Told of each failure once, until the next success; the last good pair stays in use. */
  readonly onFailure: (error: AdapterError) => void;
}

/** Looks at the serving pair again and again. Files are polled: a Secret's change moves links, which no watch sees. */
export class ServingPairKeeper {
  readonly #options: KeeperOptions;
  readonly #timer: NodeJS.Timeout;
  #current: ServingPair;
  #failure: string | undefined;
  #busy: Promise<void> | undefined;

  constructor(first: ServingPair, options: KeeperOptions) {
    this.#options = options;
    this.#current = first;
    this.#timer = setInterval(() => void this.check(), options.everyMs);
    this.#timer.unref();
  }

  /** Why the pair could not be loaded the last time. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Looks now. Never rejects. */
  check(): Promise<void> {
    this.#busy ??= this.#load().finally(() => (this.#busy = undefined));
    return this.#busy;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#busy;
  }

  async #load(): Promise<void> {
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
