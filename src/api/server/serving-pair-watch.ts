import { toAdapterError, type AdapterError } from '../../errors.ts';
import type { ServingPair } from './serving-pair.ts';

export interface ServingObserver {
  servingPairReplaced(): void;
  /** Called once for each new failure. The last good pair stays in use. */
  servingPairUnusable(error: AdapterError): void;
}

interface WatchOptions {
  /** Returns the pair to serve now: read from its files, or a new one if it is about to expire. */
  readonly load: () => Promise<ServingPair>;
  readonly everyMs: number;
  readonly onChange: (pair: ServingPair) => void;
  /** Called once for each new failure. A success in between makes the same failure new again. */
  readonly onFailure: (error: AdapterError) => void;
}

/**
 * Checks the serving pair periodically. It polls, because a changed Secret moves links, which a file watch misses.
 *
 * @returns a function that stops it
 */
export function watchServingPair(
  first: ServingPair,
  { load, everyMs, onChange, onFailure }: WatchOptions,
): () => Promise<void> {
  let current = first;
  let failure: string | undefined;
  let pendingCheck: Promise<void> | undefined;
  const check = async () => {
    try {
      const pair = await load();
      failure = undefined;
      if (pair.certificate === current.certificate && pair.key === current.key) return;
      onChange(pair);
      current = pair;
    } catch (thrown) {
      const error = toAdapterError(thrown);
      if (failure !== error.what) onFailure(error);
      failure = error.what;
    }
  };
  const timer = setInterval(() => {
    pendingCheck ??= check().finally(() => (pendingCheck = undefined));
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await pendingCheck;
  };
}
