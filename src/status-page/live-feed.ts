import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { StatusTracker, StatusSources } from '../status/status-tracker.ts';
import type { StatusHead } from '../status/status-document.ts';

export interface FeedSettings {
  /** From one look for changes to the next. */
  readonly everyMs: number;
  /** The longest time without a word. */
  readonly heartbeatMs: number;
  /** How long a client may leave what it was sent unread. */
  readonly patienceMs: number;
  readonly maxClients: number;
}

export const defaultFeedSettings: FeedSettings = {
  everyMs: 1000,
  heartbeatMs: 15_000,
  patienceMs: 10_000,
  maxClients: 16,
};

/** What a client may leave unread in memory; all clients share the bytes. */
const maxUnreadBytes = 32 * 1024 * 1024;

interface Client {
  readonly response: ServerResponse;
  /** When its buffer was last seen empty enough, monotonic ms. */
  drainedMs: number;
}

/**
 * Tells browsers what changes, by server-sent events: everything at first, then at most once every `everyMs` what is
 * different. It looks for changes only while somebody listens. Who does not keep up is cut off, and comes back by
 * itself: that is what EventSource does.
 *
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class LiveFeed {
  readonly #tracker: StatusTracker;
  readonly #sources: StatusSources;
  readonly #settings: FeedSettings;
  readonly #clients = new Set<Client>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #lastHead = '';
  #lastWordMs = 0;

  constructor(tracker: StatusTracker, sources: StatusSources, settings: FeedSettings = defaultFeedSettings) {
    this.#tracker = tracker;
    this.#sources = sources;
    this.#settings = settings;
  }

  get clients(): number {
    return this.#clients.size;
  }

  get isFull(): boolean {
    return this.#clients.size >= this.#settings.maxClients;
  }

  /** Sends everything, and from then on what changes, until the client goes. The head is the caller's. */
  async join(response: ServerResponse): Promise<void> {
    const client = { response, drainedMs: performance.now() };
    this.#clients.add(client);
    response.on('close', () => this.#leave(client));
    const head = this.#tracker.head(this.#sources);
    this.#timer ??= this.#start();
    response.write(`retry: ${this.#settings.everyMs}\n\n`);
    response.write(event('head', head));
    for await (const rows of this.#tracker.allSeries()) if (!(await this.#send(client, 'rows', rows))) return;
    for await (const some of this.#tracker.allAutoscalers())
      if (!(await this.#send(client, 'autoscalers', some))) return;
    await this.#send(client, 'ready', {});
  }

  close(): void {
    for (const { response } of this.#clients) response.destroy();
  }

  #start(): NodeJS.Timeout {
    this.#tracker.recordChanges(true);
    const timer = setInterval(() => void this.#look(), this.#settings.everyMs);
    timer.unref();
    return timer;
  }

  #leave(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#lastHead = '';
    this.#tracker.recordChanges(false);
  }

  /** @returns whether the client is still there */
  async #send({ response }: Client, name: string, data: unknown): Promise<boolean> {
    if (response.destroyed) return false;
    if (!response.write(event(name, data))) {
      const signal = AbortSignal.timeout(this.#settings.patienceMs);
      await once(response, 'drain', { signal }).catch(() => response.destroy());
    }
    return !response.destroyed;
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      this.#cutOffSlow();
      this.#tellHead();
      for await (const { kind, ...data } of this.#tracker.changes())
        this.#broadcast(event(kind, Object.values(data)[0]));
      this.#keepAlive();
    } finally {
      this.#looking = false;
    }
  }

  /** Time alone is no news. */
  #tellHead(): void {
    const head: StatusHead = this.#tracker.head(this.#sources, 2);
    const text = JSON.stringify({ ...head, nowMs: 0 });
    if (text === this.#lastHead) return;
    this.#lastHead = text;
    this.#broadcast(event('head', head));
  }

  #keepAlive(): void {
    if (performance.now() - this.#lastWordMs >= this.#settings.heartbeatMs)
      this.#broadcast(event('alive', {}));
  }

  /** Before anything more is sent: of what was, most has gone by now. */
  #cutOffSlow(): void {
    for (const client of this.#clients) {
      const { response } = client;
      const nowMs = performance.now();
      if (!response.writableNeedDrain) client.drainedMs = nowMs;
      const isSlow = nowMs - client.drainedMs >= this.#settings.patienceMs;
      if (isSlow || response.writableLength > maxUnreadBytes) response.destroy();
    }
  }

  #broadcast(bytes: Buffer): void {
    this.#lastWordMs = performance.now();
    for (const { response } of this.#clients) if (!response.destroyed) response.write(bytes);
  }
}

/** JSON has no line ends of its own. */
const event = (name: string, data: unknown): Buffer =>
  Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
