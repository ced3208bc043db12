import http, { type ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { defaultFeedSettings, LiveFeed, type FeedSettings } from '../../src/status-page/live-feed.ts';
import type { StatusDocument } from '../../src/status/status-document.ts';
import { seriesWith } from '../reading/series.ts';
import { expectWithin, watchStalls } from '../support/own-time.ts';
import { waitFor } from '../support/wait-for.ts';
import { scene } from './scene.ts';
import { openEvents } from './event-stream.ts';
import { createTracker, manySeries, putReading, startStatusBench, type StatusBench } from './status-bench.ts';

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

const fast: FeedSettings = { ...defaultFeedSettings, everyMs: 20 };

async function start(settings: Partial<FeedSettings> = {}): Promise<StatusBench> {
  return stack.use(await startStatusBench(createTracker(Date), undefined, { ...fast, ...settings }));
}
const any = (count: number) => Array.from({ length: count }, () => expect.any(Number) as number);
const open = async (url: string) => stack.use(await openEvents(url));

function ask(url: string, options: http.RequestOptions = {}) {
  return new Promise<{ code: number; headers: http.IncomingHttpHeaders; text: string }>((resolve, reject) => {
    const request = http.request(url, { agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ code: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.on('error', reject);
    request.end();
  });
}

it('serves a page that loads nothing from other hosts and runs no inline scripts', async () => {
  const { url } = await start();
  const page = await ask(`${url}/`, { headers: { accept: 'text/html,application/json' } });
  expect(page.code).toBe(200);
  expect(page.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': expect.stringMatching(
      /default-src 'none'; script-src 'self'; style-src 'self'; .*frame-ancestors 'none'/,
    ) as string,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  expect(page.text).not.toMatch(/ (on\w+|style)=|https?:|<script(?! type="module" src="main\.js">)|<style/);
  const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name]) => name ?? '');
  expect(files).toContain('page.css');
  for (const name of new Set(files)) expect((await ask(`${url}/${name}`)).code).toBe(200);
});

it('answers 304 to a browser that has the file already', async () => {
  const { url } = await start();
  const { headers } = await ask(`${url}/main.js`);
  expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
  const again = await ask(`${url}/main.js`, { headers: { 'if-none-match': headers.etag } });
  expect([again.code, again.text]).toEqual([304, '']);
});

it('serves the status as JSON at /status.json, and at / to clients that accept JSON', async () => {
  const { url, tracker } = await start();
  const all = manySeries(1200);
  for (const series of all) putReading(tracker, series, 1.5, Date.now());
  tracker.series.fail(
    seriesWith({ route: 'shop-service-7-80' }),
    new AdapterError('SlsThrottled', 'Too many'),
  );
  for (const path of ['/status.json', '/']) {
    const reply = await ask(`${url}${path}`, { headers: { accept: 'application/json' } });
    expect(reply.headers['content-type']).toBe('application/json');
    const status = JSON.parse(reply.text) as StatusDocument;
    expect(status.counts).toMatchObject({ series: 1200, fresh: 1199, stale: 1 });
    expect(status.series).toHaveLength(1200);
    expect(status.series[7]).toMatchObject({
      route: 'shop-service-7-80',
      failure: { code: 'SlsThrottled', what: 'Too many' },
    });
    expect(status.autoscalers).toEqual([]);
  }
});

it.each([
  ['POST', '/', 405],
  ['DELETE', '/status.json', 405],
  ['GET', '/../package.json', 404],
  ['GET', '/page/main.js', 404],
  ['GET', '/%2e%2e/errors.ts', 404],
  ['HEAD', '/', 200],
  ['HEAD', '/status.json', 200],
])('answers %s %s with %i', async (method, path, code) => {
  const { url } = await start();
  const { hostname, port } = new URL(url);
  expect((await ask(url, { hostname, port, path, method })).code).toBe(code);
});

it('streams everything first, and then the changes', async () => {
  const { url, tracker } = await start();
  const [one] = manySeries(1);
  if (one === undefined) throw new Error('no series');
  for (const series of manySeries(700)) putReading(tracker, series, 1, Date.now());
  const stream = await open(url);
  await waitFor(() => stream.events.some(({ name }) => name === 'ready'));
  const first = stream.events;
  expect(first[0]).toMatchObject({ name: 'head', data: { counts: { series: 700, fresh: 700 } } });
  const rows = first.flatMap(({ name, data }) => (name === 'rows' ? (data as unknown[]) : []));
  expect(rows).toHaveLength(700);
  putReading(tracker, one, 2, Date.now() + 1);
  await waitFor(() => stream.events.some(({ name }) => name === 'readings'));
  expect(stream.events.find(({ name }) => name === 'readings')?.data).toEqual([[1, 2, ...any(4)]]);
  tracker.series.fail(one, new AdapterError('SlsThrottled', 'Too many'));
  const failing = { name: 'rows', data: [{ id: 1, failure: { code: 'SlsThrottled' } }] };
  await waitFor(() => stream.events.length > first.length + 1 && stream.text().includes('SlsThrottled'));
  expect(stream.events.filter(({ name }) => name === 'rows').at(-1)).toMatchObject(failing);
});

it('streams heartbeats while nothing changes', async () => {
  const { url } = await start({ heartbeatMs: 50 });
  const stream = await open(url);
  await waitFor(() => stream.heartbeats >= 2);
  // The head is sent again with a new minute.
  const [first, ...others] = stream.events.map(({ name }) => name);
  expect([first, new Set(others)]).toEqual(['head', new Set(['ready', 'head'])]);
});

it('refuses a stream beyond the limit, and refers to /status.json', async () => {
  const { url } = await start({ maxClients: 2 });
  const [first] = [await open(url), await open(url)];
  const refused = await ask(`${url}/events`);
  expect(refused.code).toBe(503);
  expect(refused.text).toContain('/status.json');
  await first[Symbol.asyncDispose]();
  await waitFor(async () => (await open(url)).statusCode === 200);
});

it('disconnects a client that does not read, and keeps the others', async () => {
  const stallMs = watchStalls();
  const { url, tracker } = await start({ patienceMs: 600, maxClients: 2 });
  const all = manySeries(3000);
  const good = await open(url);
  (await open(url)).stall();
  const isCut = async () => (await ask(`${url}/events`, { method: 'HEAD' })).code === 200;
  expect(await isCut()).toBe(false);
  // The kernel buffers several megabytes for the client.
  for (let round = 0; !good.ended && !(await isCut()); round++) {
    const error = new AdapterError('SlsThrottled', `${round} `.repeat(40));
    for (const series of all) tracker.series.fail(series, error);
    const before = good.text().length;
    await waitFor(() => good.ended || good.text().length > before + 1_000_000);
  }
  // After such a stall it may take the good client for a slow one.
  if (good.ended) expectWithin(stallMs(), 200, 'the process got no processor');
  expect(good.ended).toBe(false);
});

it('disconnects a client at once that has more than 8 MiB unread', async () => {
  const sources = { projects: () => [], logstores: () => [] };
  const feed = new LiveFeed(createTracker(Date), sources, { ...fast, everyMs: 1 });
  const unread = (mebibytes: number) => {
    const client = new Writable({ highWaterMark: 2 ** 30, write: () => undefined });
    client.write(Buffer.alloc(mebibytes * 1024 * 1024));
    void feed.join(client as object as ServerResponse);
    return stack.adopt(client, () => void client.destroy());
  };
  const [less, more] = [unread(7), unread(8)];
  await waitFor(() => more.destroyed);
  expect(less.destroyed).toBe(false);
});

it('stops recording changes when the last client disconnects', async () => {
  const { url, tracker } = await start();
  const stream = await open(url);
  await waitFor(() => stream.events.some(({ name }) => name === 'ready'));
  await stream[Symbol.asyncDispose]();
  const [one] = manySeries(1);
  await waitFor(() => {
    if (one !== undefined) putReading(tracker, one, 1, Date.now());
    const { rows, readings } = tracker.series.takeChanges();
    return rows.size + readings.size === 0;
  });
});

it('sends the forecasts to a browser before it draws', async () => {
  const { tracker, sources } = scene();
  const { url } = stack.use(await startStatusBench(tracker, sources, fast));
  const stream = await open(url);
  await waitFor(() => stream.events.some(({ name }) => name === 'ready'));
  const names = stream.events.map(({ name }) => name);
  expect(names.slice(0, names.indexOf('ready'))).toContain('forecasts');
  const sent = stream.events.find(({ name }) => name === 'forecasts')?.data;
  expect(sent).toEqual(sources.forecasts?.());
  const { text } = await ask(`${url}/status.json`);
  expect((JSON.parse(text) as { forecasts: unknown }).forecasts).toEqual(sent);
});
