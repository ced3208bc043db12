import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { PemPair } from '../../test/support/certificates.ts';

export interface ScraperSettings {
  readonly url: string;
  readonly pair: PemPair;
}

export interface ScrapeResult {
  readonly status: number;
  /** Whether the exposition contains the text that was searched for. */
  readonly found: boolean;
  /** Uncompressed. */
  readonly bytes: number;
  /** From sending the request to the last byte of the response. */
  readonly tookMs: number;
}

/** Scrapes /metrics as Prometheus does. It runs in its own thread, so that it does not delay the reads of this one. */
export class Scraper implements AsyncDisposable {
  readonly #worker: Worker;

  constructor({ url, pair }: ScraperSettings) {
    this.#worker = new Worker(new URL('scraper-worker.ts', import.meta.url), {
      workerData: { url, pair } satisfies ScraperSettings,
    });
  }

  /**
   * @param text what to search for; the exposition itself stays in the worker
   * @throws Error if the response is not a 200
   */
  async scrape(text = ''): Promise<ScrapeResult> {
    this.#worker.postMessage(text);
    const [result] = (await once(this.#worker, 'message')) as [ScrapeResult];
    if (result.status !== 200) throw new Error(`/metrics answered with ${result.status}`);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
