import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { FrontProxy } from './front-proxy.ts';
import type { ScrapeResult, ScraperSettings } from './scraper.ts';

// Prometheus runs on another machine in production. On Linux this lowers the priority of this thread only.
setPriority(10);

const { url, pair } = workerData as ScraperSettings;
const frontProxy = new FrontProxy(url, pair);

parentPort?.on('message', (text: string) => {
  void frontProxy.get('/metrics').then(({ status, body, isGzip, tookMs }) => {
    const exposition = isGzip ? gunzipSync(body) : body;
    const found = exposition.includes(text);
    parentPort?.postMessage({ status, found, bytes: exposition.length, tookMs } satisfies ScrapeResult);
  });
});
