import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { AdapterError } from '../../../src/errors.ts';
import { parseLabelSelector } from '../../../src/grammar/label-selector.ts';
import { seriesWith } from '../../reading/series.ts';
import { startChromium } from '../../support/chromium-process.ts';
import { describeWithChromium } from '../../support/describe-with-chromium.ts';
import { waitFor } from '../../support/wait-for.ts';
import { scene } from '../../status-page/scene.ts';
import { createTracker, manySeries, putReading, startStatusBench } from '../../status-page/status-bench.ts';

describeWithChromium('the status page in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser.close());

  let stack: AsyncDisposableStack;
  let faults: string[];
  beforeEach(() => {
    stack = new AsyncDisposableStack();
    faults = [];
  });
  afterEach(async () => {
    await stack.disposeAsync();
    expect(faults).toEqual([]);
  });

  /** Any error or warning in the console fails the test, violations of the Content-Security-Policy included. */
  async function open(url: string, prepare?: (context: BrowserContext) => Promise<unknown>): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    stack.defer(() => context.close());
    await prepare?.(context);
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
    });
    await page.goto(url);
    await page.waitForSelector('body[data-ready=true]');
    return page;
  }

  async function startWith(count: number) {
    const tracker = createTracker(Date);
    const all = manySeries(count);
    for (const [index, series] of all.entries()) putReading(tracker, series, index / 10, Date.now());
    const { url } = stack.use(await startStatusBench(tracker));
    return { tracker, all, url };
  }

  const shows = (page: Page, selector: string, text: string) =>
    waitFor(async () => (await page.locator(selector).first().textContent()) === text, text);

  const widthOf = (page: Page) =>
    page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  it('shows a thousand series in pages of a hundred, with sorting and filter', async () => {
    const { url } = await startWith(1000);
    const page = await open(url);
    expect(await page.textContent('h1')).toBe('All 1,000 readings are fresh');
    expect(await page.locator('#rows tr').count()).toBe(100);
    expect(await page.textContent('#range')).toBe('1–100 of 1,000');
    await page.click('#next');
    expect(await page.textContent('#range')).toBe('101–200 of 1,000');
    await page.click('th.value button');
    await page.click('#previous');
    expect(await page.textContent('#rows tr:first-child .name')).toBe('shop-service-999-80');
    await page.click('th.value button');
    expect(await page.textContent('#rows tr:first-child .name')).toBe('shop-service-0-80');
    await page.fill('#filter', 'service-42 fresh');
    expect(await page.textContent('#range')).toBe('1–11 of 11, of 1,000');
  });

  it('shows ten thousand series', async () => {
    const { url, tracker, all } = await startWith(10_000);
    const page = await open(url);
    expect(await page.textContent('#range')).toBe('1–100 of 10,000');
    for (const series of all) putReading(tracker, series, 5.25, Date.now() + 1);
    await shows(page, '#rows .number', '5.25');
    await page.fill('#filter', 'service-9999-');
    expect(await page.textContent('#range')).toBe('1–1 of 1, of 10,000');
  });

  it('shows a new failure first, with its remedy, until it ends', async () => {
    const { url, tracker, all } = await startWith(1000);
    const page = await open(url);
    const [, , victim] = all;
    if (victim === undefined) throw new Error('no series');
    const error = new AdapterError('PermissionDenied', 'SLS, project p1: Unauthorized: denied by RAM');
    tracker.series.fail(victim, error);
    await page.waitForSelector('#troubles .trouble');
    expect(await page.textContent('#troubles .code')).toBe('PermissionDenied');
    expect(await page.textContent('#troubles .what')).toBe('SLS, project p1: Unauthorized: denied by RAM.');
    expect(await page.textContent('#troubles .remedy')).toContain('Grant log:GetLogStoreLogs on acs:log');
    expect(await page.textContent('#rows tr:first-child .name')).toBe('shop-service-2-80');
    expect(await page.textContent('#rows tr:first-child .failure')).toContain('PermissionDenied: Grant log:');
    expect(await page.textContent('h1')).toBe('1 of 1,000 readings is stale');
    await page.click('.state.stale');
    expect(await page.locator('#rows tr').count()).toBe(1);
    await page.click('.state.stale');
    putReading(tracker, victim, 1, Date.now() + 1);
    await page.waitForSelector('#troubles', { state: 'hidden' });
  });

  it('says what queries were sent for, how many one for each read would be, and how old readings were', async () => {
    const { url, tracker } = await startWith(3);
    // The page shows the last two minutes, so it opens first.
    const page = await open(url);
    for (const reason of ['due', 'due', 'read'] as const) tracker.batchSent({ reason });
    for (let query = 0; query < 4; query++) tracker.slsQueryFinished({ outcome: 'ok' });
    const read = { namespace: 'shop', metric: 'sls_ingress_qps', selector: 'sls.project=p1' };
    for (const ageMs of [6000, 7000, undefined]) tracker.readFinished({ read, ageMs });
    await shows(
      page,
      '#minutes .reasons',
      '2 before reads were due, 1 while a read waited, 1 other. One query for each read would be 3. ' +
        'Readings were 6.5 s old at their reads.',
    );
  });

  it('updates a reading, its sparkline and the replicas of its HPA', async () => {
    const tracker = createTracker(Date);
    const series = seriesWith({ route: 'default-web-80' });
    tracker.autoscalers.changed({ namespace: 'default', name: 'web' }, [
      {
        name: 'sls_ingress_qps',
        requirements: parseLabelSelector('sls.ingress.route=default-web-80'),
        target: { kind: 'AverageValue', value: 10, minReplicas: 1, maxReplicas: 5 },
      },
    ]);
    putReading(tracker, series, 12, Date.now());
    const { url } = stack.use(await startStatusBench(tracker));
    const page = await open(url);
    const text = (selector: string) => page.textContent(`#rows ${selector}`);
    expect([await text('.hpa'), await text('.replicas')]).toEqual(['webdefault', '2at 10 req/s each']);
    const before = await page.getAttribute('.spark-line', 'd');
    // Of two readings of one second the page shows the later one.
    putReading(tracker, series, 38, Date.now() + 1000);
    await shows(page, '#rows .replicas b', '4');
    expect(await text('.number')).toBe('38');
    expect(await page.getAttribute('.spark-line', 'd')).not.toBe(before);
    putReading(tracker, series, 380, Date.now() + 2000);
    await shows(page, '#rows .replicas b', '5');
    expect(await text('.replicas')).toBe('5at 10 req/s each, its maximum');
    tracker.autoscalers.changed({ namespace: 'default', name: 'web' }, []);
    await shows(page, '#rows .replicas b', '–');
  });

  it('shows names that contain HTML as text', async () => {
    const tracker = createTracker(Date);
    const evil = '<img src=x onerror="document.title=1">';
    const hostile = new AdapterError('SlsUnavailable', `${evil}</script><script>document.title=2</script>`);
    tracker.series.fail(seriesWith({ route: evil, project: evil }), hostile);
    tracker.readFinished({ read: { namespace: evil, metric: evil, selector: `a=${evil}` } });
    const { url } = stack.use(await startStatusBench(tracker));
    const page = await open(url);
    expect(await page.locator('#rows img, #troubles img, #troubles script').count()).toBe(0);
    expect(await page.locator('#rows .name').allTextContents()).toContain(evil);
    expect(await page.title()).toBe('sls-metrics-adapter');
  });

  it('reconnects by itself after the adapter restarts, and gets what it missed', async () => {
    const tracker = createTracker(Date);
    const bench = stack.use(await startStatusBench(tracker));
    const page = await open(bench.url);
    expect(await page.textContent('h1')).toBe('No reading was requested yet');
    bench.cutOff();
    putReading(tracker, seriesWith(), 7, Date.now());
    await shows(page, '#rows .number', '7');
    expect(await page.getAttribute('#link', 'data-link')).toBe('live');
    expect(faults.splice(0)).toEqual([expect.stringContaining('ERR_INCOMPLETE_CHUNKED_ENCODING')]);
  });

  it('says that the adapter is gone, and fades the last data', async () => {
    const tracker = createTracker(Date);
    putReading(tracker, seriesWith(), 7, Date.now());
    const bench = await startStatusBench(tracker);
    const page = await open(bench.url);
    expect(await page.isVisible('#lost')).toBe(false);
    await bench[Symbol.asyncDispose]();
    await page.waitForSelector('#lost');
    expect(await page.textContent('h1')).toMatch(/^No connection to the adapter since \d\d:\d\d$/);
    expect(await page.textContent('#rows .number')).toBe('7');
    expect(Number(await page.evaluate("getComputedStyle(document.querySelector('.readings')).opacity"))).toBe(
      0.5,
    );
    expect(faults.splice(0).join()).toContain('ERR_CONNECTION_REFUSED');
  });

  it('reconnects when a connection ends without an error', async () => {
    const { url } = await startWith(1);
    const page = await open(url, ({ clock }) => clock.install());
    const followed = page.waitForRequest('**/events');
    await page.clock.fastForward(40_000);
    await followed;
    await shows(page, '#link', 'live');
    expect(await page.isVisible('#lost')).toBe(false);
  });

  it('fits screens from 360 to 1280 pixels wide, with failures and long names', async () => {
    const { tracker, sources } = scene();
    const longName = `team-${'very-'.repeat(20)}long-service-8080`;
    putReading(tracker, seriesWith({ route: longName, project: 'k8s-log-'.repeat(7) }), 1e9, Date.now());
    const { url } = stack.use(await startStatusBench(tracker, sources));
    const page = await open(url);
    // Names are texts, and a coverage outside of 80–97 % is marked.
    const rows = page.locator('#forecasts li');
    expect(await rows.nth(1).innerText()).toMatch(
      /^<b>shop<\/b>\n[^]*27.4 req\/s\n[^]*same_minute 56 %\s+mean_of_3 21 %$/,
    );
    expect(await page.locator('#forecasts .saturated').allInnerTexts()).toEqual([
      expect.stringMatching(/72 % covered\s+outside 80–97 %/),
    ]);
    for (const width of [360, 400, 768, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      expect([width, await widthOf(page)]).toEqual([width, 0]);
      expect([width, await page.isHidden('thead')]).toEqual([width, width < 860]);
      expect([width, await page.isVisible('#sort')]).toEqual([width, width < 860]);
    }
  });

  it('follows the color scheme of the browser, with readable contrast in both', async () => {
    const { url } = await startWith(3);
    const page = await open(url);
    const lightness = async (colorScheme: 'dark' | 'light') => {
      await page.emulateMedia({ colorScheme });
      const colour = (property: string) =>
        page.evaluate<string>(`getComputedStyle(document.body).getPropertyValue('${property}')`);
      return [await colour('background-color'), await colour('color')].map(brightness);
    };
    const [darkGround = 0, darkText = 0] = await lightness('dark');
    const [lightGround = 0, lightText = 0] = await lightness('light');
    expect(darkText - darkGround).toBeGreaterThan(0.7);
    expect(lightGround - lightText).toBeGreaterThan(0.7);
  });
});

/** `rgb(255, 255, 255)` → 1 */
const brightness = (colour: string) =>
  (colour.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part) / 765, 0);
