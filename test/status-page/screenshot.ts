/** Makes docs/status-page.png from the scene: `npm run screenshot`. */

import { resolve } from 'node:path';
import { startChromium } from '../support/chromium-process.ts';
import { scene } from './scene.ts';
import { startStatusBench } from './status-bench.ts';

const path = resolve(import.meta.dirname, '../../docs/status-page.png');
const { tracker, sources } = scene();
// The second is for tests of the page.
const forecasts = () => (sources.forecasts?.() ?? []).slice(0, 1);
await using bench = await startStatusBench(tracker, { ...sources, forecasts });
const browser = await startChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(bench.url);
  await page.waitForSelector('body[data-ready=true]');
  await page.screenshot({ path, fullPage: true });
} finally {
  await browser.close();
}
console.log(path);
