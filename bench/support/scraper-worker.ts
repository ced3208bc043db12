import { parentPort, workerData } from 'node:worker_threads';
import { FrontProxy } from './front-proxy.ts';
import type { ScraperSettings, Scraped } from './scraper.ts';

const { url, pair } = workerData as ScraperSettings;
const frontProxy = new FrontProxy(url, pair);

parentPort?.on('message', (text: string) => {
  void frontProxy.get('/metrics').then(({ status, body, tookMs }) => {
    const found = body.includes(text);
    parentPort?.postMessage({ status, found, bytes: body.length, tookMs } satisfies Scraped);
  });
});
