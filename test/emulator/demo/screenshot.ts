/** Makes docs/demo.png from the status page of the demo, after three minutes: `npm run screenshot`. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChromium } from '../../support/chromium-process.ts';
import { startMain } from '../../support/cli-process.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A cycle of the traffic, and as many readings as the page shows. */
const seconds = 180;
const path = resolve(import.meta.dirname, '../../../docs/demo.png');

const home = await mkdtemp(join(tmpdir(), 'demo-'));
await using demo = startMain('demo', ['--secure-port', '0', '--cert-dir', '.'], home);
const url = await waitFor(() => /^The status page is (\S+)/m.exec(demo.stdout())?.[1], 'the page');
await sleep(seconds * 1000);
const browser = await startChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url);
  await page.waitForSelector('body[data-ready=true]');
  await page.screenshot({ path, fullPage: true });
} finally {
  await browser.close();
  await rm(home, { recursive: true });
}
console.log(path);
