import { appendFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ingestAccessLog } from '../../../emulator/ingest/access-log-ingest.ts';
import { AccessLogReader, type IngestCounts } from '../../../emulator/ingest/access-log-reader.ts';
import type { LogRecord } from '../../../emulator/log-record.ts';
import { describeWithNginx, type Nginx, startNginx } from '../../support/nginx.ts';
import { sendRequests } from '../../support/send-requests.ts';
import { waitFor } from '../../support/wait-for.ts';

const routes = [
  { path: '/bert', upstreamName: 'default-bert-8501' },
  { path: '/web', upstreamName: 'default-web-80' },
  { path: '/canary', upstreamName: 'default-web-80', alternativeName: 'default-web-canary-80' },
  { path: '/retried', upstreamName: 'shop-cart-8080', retried: true },
];

describeWithNginx('the access log of a real nginx', () => {
  let nginx: Nginx;
  let ending: AbortController;
  let done: Promise<IngestCounts>;
  let records: LogRecord[];
  let unparsed: string[];

  beforeAll(async () => {
    nginx = await startNginx({ routes });
    ending = new AbortController();
    records = [];
    unparsed = [];
    done = ingestAccessLog({
      source: { kind: 'file', path: nginx.accessLogPath },
      follow: true,
      reader: new AccessLogReader({ clock: Date }),
      sink: {
        append: (appended) => {
          for (const record of appended) {
            const { content } = record.fields;
            if (content === undefined) records.push(record);
            else unparsed.push(content);
          }
          return Promise.resolve();
        },
      },
      signal: ending.signal,
    });
  });

  afterAll(async () => {
    ending.abort();
    await done;
    await nginx.stop();
  });

  /** Sends requests and returns their records: exactly the given number. */
  async function recordsOf(count: number, send: () => Promise<unknown>): Promise<LogRecord[]> {
    const before = records.length;
    await send();
    await waitFor(() => records.length >= before + count, `${count} records`).catch(() => undefined);
    // No other line follows the last one.
    await readUpToNow();
    expect(records).toHaveLength(before + count);
    return records.slice(before);
  }

  /** Resolves when a marker at the end of the log was read. */
  async function readUpToNow(): Promise<void> {
    const marked = unparsed.length;
    await appendFile(nginx.accessLogPath, 'marker\n');
    await waitFor(() => unparsed.length > marked);
  }

  const perUpstream = (some: readonly LogRecord[]) =>
    Object.fromEntries(
      [...Map.groupBy(some, ({ fields }) => fields['proxy_upstream_name'] ?? '')].map(([name, group]) => [
        name,
        group.length,
      ]),
    );

  it('makes one record of each request of keep-alive clients, with its time', async () => {
    const fromSeconds = Math.floor(Date.now() / 1000);
    const taken = await recordsOf(190, async () => {
      const [bert] = await Promise.all([
        sendRequests(nginx.url, '/bert/predict?x=%22', 126),
        sendRequests(nginx.url, '/web', 63, { perSecond: 100 }),
        sendRequests(nginx.url, '/elsewhere', 1),
      ]);
      expect(bert).toEqual({ statuses: { 200: 126 }, connections: 4 });
    });
    expect(perUpstream(taken)).toEqual({
      'default-bert-8501': 126,
      'default-web-80': 63,
      'upstream-default-backend': 1,
    });
    for (const { timeSeconds } of taken) {
      expect(timeSeconds).toBeGreaterThanOrEqual(fromSeconds);
      expect(timeSeconds).toBeLessThanOrEqual(Date.now() / 1000);
    }
  });

  it('records the fields of the request', async () => {
    const [record] = await recordsOf(1, () =>
      sendRequests(nginx.url, '/web/a?b=c', 1, {
        headers: { 'user-agent': 'a "quoted" ü', referer: 'https://a.example.com/', host: 'a.example.com' },
      }),
    );
    expect(record?.fields).toMatchObject({
      client_ip: '127.0.0.1',
      x_forward_for: '127.0.0.1',
      method: 'GET',
      url: '/web/a?b=c',
      version: 'HTTP/1.1',
      status: '200',
      body_bytes_sent: '3',
      http_referer: 'https://a.example.com/',
      http_user_agent: String.raw`a \x22quoted\x22 \xFC`,
      upstream_addr: '-',
      host: 'a.example.com',
      proxy_alternative_upstream_name: '',
    });
    expect(record?.fields['req_id']).toMatch(/^[0-9a-f]{32}$/);
  });

  it('records the canary that served the request', async () => {
    const [record] = await recordsOf(1, () => sendRequests(nginx.url, '/canary', 1));
    expect(record?.fields).toMatchObject({
      proxy_upstream_name: 'default-web-80',
      proxy_alternative_upstream_name: 'default-web-canary-80',
    });
  });

  it('reads a retried request like the default expression: correct up to the upstream name, shifted after it', async () => {
    const [record] = await recordsOf(1, () => sendRequests(nginx.url, '/retried', 1));
    expect(record?.fields).toMatchObject({
      status: '200',
      proxy_upstream_name: 'shop-cart-8080',
      upstream_addr: '127.0.0.1:1,',
      upstream_response_length: nginx.url.replace('http://', ''),
      host: expect.stringMatching(/^0\.\d{3}$/) as string,
      proxy_alternative_upstream_name: expect.stringMatching(
        /^502, 200 [0-9a-f]{32} 127\.0\.0\.1 \[$/,
      ) as string,
    });
  });

  it('reports an invalid request line, and continues', async () => {
    const before = unparsed.length;
    const socket = connect(Number(new URL(nginx.url).port), '127.0.0.1');
    socket.end('\u0016\u0003\u0001 nonsense\r\n\r\n').resume();
    await waitFor(() => unparsed.length > before);
    expect(unparsed.at(-1)).toMatch(/"\\x16\\x03\\x01 nonsense" 400 /);
    await recordsOf(1, () => sendRequests(nginx.url, '/web', 1));
  });

  it('neither loses nor duplicates a line during rotations under load', async () => {
    const taken = await recordsOf(600, async () => {
      const sending = sendRequests(nginx.url, '/bert', 600, { perSecond: 400 });
      const before = records.length;
      for (const share of [100, 200, 300]) {
        await waitFor(() => records.length >= before + share);
        await nginx.rotate();
        // A file that is rotated twice within one poll is missed.
        await readUpToNow();
      }
      await sending;
    });
    expect(perUpstream(taken)).toEqual({ 'default-bert-8501': 600 });
    expect(new Set(taken.map(({ fields }) => fields['req_id'])).size).toBe(600);
  });
});
