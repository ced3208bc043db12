/** The connection to the adapter: receives its server-sent events, and knows whether they still arrive. */

/** The adapter sends an event at least every 15 s. */
const maxSilentMs = 35_000;
/** A reconnection by the browser takes about a second. */
const graceMs = 3000;
/** After a refusal, as when too many browsers are connected, the browser does not retry by itself. */
const retryMs = 5000;

/**
 * By the name of the event. After `open` all data follows again.
 *
 * @typedef {Readonly<Record<string, (data: any) => void>>} Handlers
 */

export class Link {
  /** @type {Handlers} */
  #handlers;
  isOpen = false;
  /** Unix ms. */
  lastEventMs = Date.now();

  /** @param {Handlers} handlers called after the caller's module has run */
  constructor(handlers) {
    this.#handlers = handlers;
    this.#connect();
  }

  /** Whether the data on the page may be out of date. */
  get isLost() {
    return Date.now() - this.lastEventMs > (this.isOpen ? maxSilentMs : graceMs);
  }

  #connect() {
    const source = new EventSource('events');
    const watchdog = setInterval(() => {
      // A connection can end without an error, for example while a laptop sleeps.
      if (this.isOpen && this.isLost) reconnect(0);
    }, 1000);
    const reconnect = (/** @type {number} */ inMs) => {
      clearInterval(watchdog);
      source.close();
      this.isOpen = false;
      setTimeout(() => this.#connect(), inMs);
    };
    source.onerror = () => {
      this.isOpen = false;
      if (source.readyState === EventSource.CLOSED) reconnect(retryMs);
    };
    const receive = (/** @type {Event} */ event) => {
      this.isOpen = true;
      this.lastEventMs = Date.now();
      const data = event instanceof MessageEvent ? JSON.parse(event.data) : undefined;
      this.#handlers[event.type]?.(data);
    };
    // `alive`: the adapter is there and nothing changed.
    for (const name of [...Object.keys(this.#handlers), 'alive']) source.addEventListener(name, receive);
  }
}
