import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import type { StatusSources, StatusTracker } from '../status/status-tracker.ts';
import { LiveFeed, type FeedSettings } from './live-feed.ts';

/** The page loads only its own files, sends data nowhere and cannot be embedded. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const commonHeaders = {
  'cache-control': 'no-cache, private',
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** One file of the page. */
interface PageFile {
  readonly contentType: string;
  readonly bytes: Buffer;
  /** A strong ETag, with its quotes. */
  readonly etag: string;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Reads the files of page/ by the path at which they are served. They are small, so all are kept in memory. */
function readPageFiles(): ReadonlyMap<string, PageFile> {
  const folder = new URL('page/', import.meta.url);
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(folder)) {
    const contentType = contentTypes[extname(name)];
    if (contentType === undefined) continue;
    const bytes = readFileSync(new URL(name, folder));
    const hash = createHash('sha256').update(bytes).digest('base64url');
    files.set(name === 'index.html' ? '/' : `/${name}`, { contentType, bytes, etag: `"${hash}"` });
  }
  return files;
}

/** How long a client of `/status.json` may leave data unread. */
const patienceMs = 10_000;

/** Serves `/` with its files, `/status.json` and `/events` over plain HTTP. */
export class StatusPage {
  readonly #tracker: StatusTracker;
  readonly #sources: StatusSources;
  readonly #files = readPageFiles();
  readonly #feed: LiveFeed;

  constructor(tracker: StatusTracker, sources: StatusSources, settings?: FeedSettings) {
    this.#tracker = tracker;
    this.#sources = sources;
    this.#feed = new LiveFeed(tracker, sources, settings);
  }

  /** All paths that it serves. */
  get paths(): readonly string[] {
    return [...this.#files.keys(), '/status.json', '/events'];
  }

  /** Never throws; an internal error is a 500. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    this.#answer(request, response).catch(() => {
      if (!response.headersSent) sendText(response, 500, 'internal error');
      else response.destroy();
    });
  };

  close(): void {
    this.#feed.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const [path = ''] = url.split('?', 1);
    if (method !== 'GET' && method !== 'HEAD') {
      sendText(response, 405, 'only GET and HEAD are supported', { allow: 'GET, HEAD' });
    } else if (path === '/events') await this.#stream(method, response);
    else if (path === '/status.json' || (path === '/' && wantsJson(headers.accept)))
      await this.#json(method, response);
    else this.#file(path, request, response);
  }

  #file(path: string, { method, headers }: IncomingMessage, response: ServerResponse): void {
    const file = this.#files.get(path);
    if (file === undefined) {
      const text = 'not found; the status page is at /, and the same data as JSON is at /status.json';
      sendText(response, 404, text);
      return;
    }
    const { contentType, bytes, etag } = file;
    const shared = { ...commonHeaders, etag, ...(path === '/' ? { vary: 'Accept' } : {}) };
    if (headers['if-none-match'] === etag) response.writeHead(304, shared).end();
    else {
      response.writeHead(200, { ...shared, 'content-type': contentType, 'content-length': bytes.length });
      response.end(method === 'HEAD' ? undefined : bytes);
    }
  }

  async #stream(method: string, response: ServerResponse): Promise<void> {
    if (this.#feed.isFull) {
      sendText(response, 503, 'too many browsers are connected; /status.json still answers');
      return;
    }
    response.writeHead(200, { ...commonHeaders, 'content-type': 'text/event-stream' });
    if (method === 'HEAD') response.end();
    else await this.#feed.join(response);
  }

  /** In pieces, since ten thousand series are several megabytes. */
  async #json(method: string, response: ServerResponse): Promise<void> {
    response.writeHead(200, { ...commonHeaders, 'content-type': 'application/json', vary: 'Accept' });
    if (method === 'HEAD') {
      response.end();
      return;
    }
    const head = JSON.stringify(this.#tracker.head(this.#sources));
    await write(response, `${head.slice(0, -1)},"autoscalers":[`);
    await writeItems(response, this.#tracker.allAutoscalers());
    await write(response, '],"series":[');
    await writeItems(response, this.#tracker.allSeries());
    await write(response, '],"forecasts":[');
    let separator = '';
    for (const forecast of this.#sources.forecasts?.() ?? []) {
      await write(response, separator + JSON.stringify(forecast));
      separator = ',';
    }
    response.end(']}\n');
  }
}

async function writeItems(response: ServerResponse, items: AsyncIterable<readonly unknown[]>): Promise<void> {
  let separator = '';
  for await (const some of items) {
    await write(response, separator + some.map((item) => JSON.stringify(item)).join(','));
    separator = ',';
  }
}

async function write(response: ServerResponse, text: string): Promise<void> {
  if (response.write(text)) return;
  await once(response, 'drain', { signal: AbortSignal.timeout(patienceMs) });
}

/** A browser accepts HTML. */
const wantsJson = (accept = '') => accept.includes('application/json') && !accept.includes('text/html');

function sendText(response: ServerResponse, code: number, text: string, headers = {}): void {
  response
    .writeHead(code, { ...commonHeaders, ...headers, 'content-type': 'text/plain; charset=utf-8' })
    .end(`${text}\n`);
}
