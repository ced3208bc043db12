import { parentPort, workerData } from 'node:worker_threads';
import { FrontProxy } from './front-proxy.ts';
import type { ScraperSettings, Scraped } from './scraper.ts';

const { url, pair } = workerData as ScraperSettings;
const frontProxy = new FrontProxy(url, pair);

parentPort?.on('message', () => {
  void frontProxy.get('/metrics').then(({ status, body, tookMs }) => {
    parentPort?.postMessage({ status, text: body.toString(), bytes: body.length, tookMs } satisfies Scraped);
  });
});
