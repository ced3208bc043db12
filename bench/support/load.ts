import type { PemPair } from '../../test/support/certificates.ts';

/** One request, sent again and again. */
export interface LoadOptions {
  readonly url: string;
  readonly path: string;
  /** Names and values as sent; a name may come several times. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly pair: PemPair;
  /** How many requests are under way at a time: connections of HTTP/1.1, streams of one connection of HTTP/2. */
  readonly concurrency: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
}

/** @throws Error where anything but a 200 came */
export type Load = (options: LoadOptions) => Promise<LoadResult>;
