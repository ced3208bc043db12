import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { StatusTracker, StatusSources } from '../status/status-tracker.ts';

export interface FeedSettings {
  /** How often changes are sent. */
  readonly everyMs: number;
  /** The longest time without an event. */
  readonly heartbeatMs: number;
  /** How long a client may leave data unread. */
  readonly patienceMs: number;
  readonly maxClients: number;
}

export const defaultFeedSettings: FeedSettings = {
  everyMs: 1000,
  heartbeatMs: 15_000,
  patienceMs: 10_000,
  maxClients: 32,
};

/** How much data a client may leave unread. The buffers of one broadcast are shared by all clients. */
const maxUnreadBytes = 8 * 1024 * 1024;

/** A forecast is new once a minute, and its figures take a moment to make. */
const forecastsEveryMs = 30_000;

interface Client {
  readonly response: ServerResponse;
  /** When the client last had little data unread, monotonic ms. */
  drainedMs: number;
}

/**
 * Sends the status to browsers by server-sent events: everything first, then the changes every `everyMs`. Changes are
 * recorded only while a client is connected. A client that is too slow is disconnected; EventSource reconnects by
 * itself.
 *
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class LiveFeed {
  readonly #tracker: StatusTracker;
  readonly #sources: StatusSources;
  readonly #settings: FeedSettings;
  /** @bound `maxClients` of its settings | {maxUnreadBytes} unread each | 16 of an address | a constant */
  readonly #clients = new Set<Client>();
  #timer: NodeJS.Timeout | undefined;
  #isSending = false;
  #lastHead = '';
  #lastEventMs = 0;
  #lastForecastsMs = 0;

  constructor(tracker: StatusTracker, sources: StatusSources, settings: FeedSettings = defaultFeedSettings) {
    this.#tracker = tracker;
    this.#sources = sources;
    this.#settings = settings;
  }

  get isFull(): boolean {
    return this.#clients.size >= this.#settings.maxClients;
  }

  /** Sends everything, and then the changes until the client disconnects. The caller has sent the HTTP head. */
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
    const forecasts = this.#sources.forecasts?.();
    if (forecasts !== undefined && !(await this.#send(client, 'forecasts', forecasts))) return;
    await this.#send(client, 'ready', {});
  }

  close(): void {
    for (const { response } of this.#clients) response.destroy();
  }

  #start(): NodeJS.Timeout {
    this.#tracker.recordChanges(true);
    const timer = setInterval(() => void this.#sendChanges(), this.#settings.everyMs);
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

  /** Returns whether the client is still connected. */
  async #send({ response }: Client, name: string, data: unknown): Promise<boolean> {
    if (response.destroyed) return false;
    if (!response.write(event(name, data))) {
      const signal = AbortSignal.timeout(this.#settings.patienceMs);
      await once(response, 'drain', { signal }).catch(() => response.destroy());
    }
    return !response.destroyed;
  }

  async #sendChanges(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      this.#disconnectSlowClients();
      this.#sendHead();
      this.#sendForecasts();
      for await (const { kind, data } of this.#tracker.changes()) this.#broadcast(event(kind, data));
      if (performance.now() - this.#lastEventMs >= this.#settings.heartbeatMs)
        this.#broadcast(event('alive', {}));
    } finally {
      this.#isSending = false;
    }
  }

  /** A head that differs only in its time is not sent. */
  #sendHead(): void {
    const head = this.#tracker.head(this.#sources, 2);
    const text = JSON.stringify({ ...head, nowMs: 0 });
    if (text === this.#lastHead) return;
    this.#lastHead = text;
    this.#broadcast(event('head', head));
  }

  #sendForecasts(): void {
    if (performance.now() - this.#lastForecastsMs < forecastsEveryMs) return;
    this.#lastForecastsMs = performance.now();
    const forecasts = this.#sources.forecasts?.();
    if (forecasts !== undefined) this.#broadcast(event('forecasts', forecasts));
  }

  /** Runs before the next send, when clients have had the most time to read. */
  #disconnectSlowClients(): void {
    for (const client of this.#clients) {
      const { response } = client;
      const nowMs = performance.now();
      if (!response.writableNeedDrain) client.drainedMs = nowMs;
      const isSlow = nowMs - client.drainedMs >= this.#settings.patienceMs;
      if (isSlow || response.writableLength > maxUnreadBytes) response.destroy();
    }
  }

  #broadcast(bytes: Buffer): void {
    this.#lastEventMs = performance.now();
    for (const { response } of this.#clients) if (!response.destroyed) response.write(bytes);
  }
}

/** Data of an event must be one line, and JSON has no line ends. */
const event = (name: string, data: unknown): Buffer =>
  Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
