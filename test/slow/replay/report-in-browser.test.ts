import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hpaYaml, replay, writeFiles } from '../../cli/replay/hpa-files.ts';
import { startChromium } from '../../support/chromium-process.ts';
import { describeWithChromium } from '../../support/describe-with-chromium.ts';

describeWithChromium('the report of a replay in a browser', () => {
  let browser: Browser;
  let file = '';
  let table = '';
  beforeAll(async () => {
    browser = await startChromium();
    const rows = [1800, 5400, 1800].flatMap((requests) => new Array<number>(15).fill(requests));
    const csv = ['time,requests', ...rows.map((one, minute) => `${1_700_000_000 + minute * 60},${one}`)];
    const files = await writeFiles(
      ['hpa.yaml', hpaYaml({ labels: { 'sls.ingress.route': 'default-web-80' } })],
      ['counts.csv', csv.join('\n')],
      ['report.html', ''],
    );
    const [hpa = '', counts = ''] = files;
    file = files[2] ?? '';
    const run = await replay([
      '--hpa',
      hpa,
      '--counts',
      counts,
      '--startup',
      '1m',
      '--sweep',
      '--report',
      file,
    ]);
    expect([run.code, run.stderr]).toEqual([0, '']);
    table = run.stdout;
  });
  afterAll(() => browser.close());

  it.each([
    ['light', 1200],
    ['dark', 360],
  ] as const)('opens from disk without a network, %s and %i pixels wide', async (colorScheme, width) => {
    const context = await browser.newContext({
      viewport: { width, height: 800 },
      colorScheme,
      offline: true,
    });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
    });
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('body[data-ready=true]');
    // The same figures as in the table of the command.
    const lines = table.split('\n').map((line) => line.trim().split(/ {2,}/));
    const rows = await page.locator('#figures tr').allInnerTexts();
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(lines).toContainEqual(row.split('\t').map((cell) => cell.trim()));
    expect(table).toContain(await page.locator('#manifest').innerText());
    expect(table).toContain(await page.locator('#reason').innerText());
    // Each plot draws something in the colors of the scheme.
    expect(await page.locator('.plot canvas').count()).toBe(3);
    const drawn = `[...document.querySelectorAll('.plot canvas')].map((canvas) =>
      canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((one) => one !== 0))`;
    expect(await page.evaluate(drawn)).toEqual([true, true, true]);
    const ground = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    expect(ground).toBe(colorScheme === 'light' ? 'rgb(245, 246, 248)' : 'rgb(14, 17, 22)');
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate(overflow)).toBe(0);
    expect(faults).toEqual([]);
    await context.close();
  });
});
