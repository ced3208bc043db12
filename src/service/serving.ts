import { setTimeout as sleep } from 'node:timers/promises';
import { replaceServingPair, type Server } from '../api/server/server.ts';
import { ServingPairKeeper, type ServingObserver } from '../api/server/serving-pair-keeper.ts';
import { certificateExpiresAtMs, type ServingPair } from '../api/server/serving-pair.ts';
import type { ApiServiceKeeper } from '../kube/api-service.ts';

/** Two small files are read; a Secret's change reaches them within about a minute. */
const checkMs = 3000;

/** Each API server hears of a new caBundle by a watch. */
const trustSpreadsMs = 10_000;
const publishedPollMs = 500;

export interface Serving {
  /** Of the certificate that new connections get, Unix ms. */
  certificateExpiresAtMs(): number;
  stop(): Promise<void>;
}

/**
 * Keeps the server on the serving pair of now. Where the adapter registers itself, a new certificate is trusted
 * first and served afterwards (docs/decisions/serving-certificate.md).
 */
export function keepServing(
  server: Server,
  first: ServingPair,
  load: () => Promise<ServingPair>,
  apiService: ApiServiceKeeper | undefined,
  observer: ServingObserver,
): Serving {
  const ending = new AbortController();
  let expiresAtMs = certificateExpiresAtMs(first);
  apiService?.setCaPem(first.certificate);
  const replace = (pair: ServingPair) => {
    replaceServingPair(server, pair);
    expiresAtMs = certificateExpiresAtMs(pair);
    observer.servingPairReplaced();
  };
  const replaceOnceTrusted = async (pair: ServingPair, keeper: ApiServiceKeeper) => {
    const { signal } = ending;
    keeper.setCaPem(pair.certificate);
    while (keeper.publishedCaPem !== pair.certificate) await sleep(publishedPollMs, undefined, { signal });
    await sleep(trustSpreadsMs, undefined, { signal });
    replace(pair);
  };
  const keeper = new ServingPairKeeper(first, {
    load,
    everyMs: checkMs,
    onChange: (pair) => {
      if (apiService === undefined) replace(pair);
      // Ends early only with the service.
      else replaceOnceTrusted(pair, apiService).catch(() => undefined);
    },
    onFailure: (error) => observer.servingPairUnusable(error),
  });
  return {
    certificateExpiresAtMs: () => expiresAtMs,
    stop: async () => {
      ending.abort();
      await keeper.stop();
    },
  };
}
