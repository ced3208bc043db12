import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { PemPair } from '../../test/support/certificates.ts';

export interface ScraperSettings {
  readonly url: string;
  readonly pair: PemPair;
}

export interface Scraped {
  readonly status: number;
  /** Whether what was looked for stands in it. */
  readonly found: boolean;
  /** Uncompressed. */
  readonly bytes: number;
  /** From the request to the last byte. */
  readonly tookMs: number;
}

/** Prometheus: in a thread of its own, so that what it reads keeps nobody waiting who reads besides. */
export class Scraper implements AsyncDisposable {
  readonly #worker: Worker;

  constructor({ url, pair }: ScraperSettings) {
    this.#worker = new Worker(new URL('scraper-worker.ts', import.meta.url), {
      workerData: { url, pair } satisfies ScraperSettings,
    });
  }

  /**
   * @param text to look for: the whole exposition stays in the thread
   * @throws Error where the adapter answers with anything but 200
   */
  async scrape(text = ''): Promise<Scraped> {
    this.#worker.postMessage(text);
    const [scraped] = (await once(this.#worker, 'message')) as [Scraped];
    if (scraped.status !== 200) throw new Error(`/metrics answered ${scraped.status}`);
    return scraped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
