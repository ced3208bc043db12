/** Makes docs/replay.png from the example of docs/replay.md: `npm run screenshot`. */

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { replay } from '../cli/replay/hpa-files.ts';
import { startChromium } from '../support/chromium-process.ts';

const docs = resolve(import.meta.dirname, '../../docs');
const report = join(await mkdtemp(join(tmpdir(), 'replay-')), 'report.html');
const files = [
  '--hpa',
  join(docs, 'examples/worldcup98-hpa.yaml'),
  '--counts',
  join(docs, 'examples/worldcup98-day.csv'),
];
const { code, stderr } = await replay([...files, '--startup', '90s', '--sweep', '--report', report]);
if (code !== 0) throw new Error(stderr);
const browser = await startChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1000, height: 900 } });
  await page.goto(pathToFileURL(report).href);
  await page.waitForSelector('body[data-ready=true]');
  // The directory of the file is of no interest.
  await page.evaluate(
    "document.getElementById('what').textContent = document.getElementById('what').textContent.replace(/\\n.*\\//, '\\n')",
  );
  const path = join(docs, 'replay.png');
  await page.screenshot({ path, clip: { x: 0, y: 0, width: 1000, height: 1250 }, fullPage: true });
  console.log(path);
} finally {
  await browser.close();
}
