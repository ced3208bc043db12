/** The link to the adapter: what it tells by server-sent events, and whether it still does. */

/** It says something every 15 s, if only that it is there. */
const mostSilentMs = 35_000;
/** To come back after it was cut off takes a second. */
const graceMs = 3000;
/** Refused for good, as where too many watch: then the browser does not try again by itself. */
const againMs = 5000;

/** @typedef {Readonly<Record<string, (data: any) => void>>} Handlers by the name of the event */

export class Link {
  /** @type {Handlers} */
  #handlers;
  #isOpen = false;
  #lastWordMs = Date.now();

  /** @param {Handlers} handlers `open`: everything is told anew */
  constructor(handlers) {
    this.#handlers = handlers;
    this.#connect();
  }

  get isOpen() {
    return this.#isOpen;
  }

  /** Unix ms. */
  get lastWordMs() {
    return this.#lastWordMs;
  }

  /** What was told before may no longer be so. */
  get isLost() {
    return Date.now() - this.#lastWordMs > (this.#isOpen ? mostSilentMs : graceMs);
  }

  #connect() {
    const source = new EventSource('events');
    const watch = setInterval(() => {
      // A connection may end without a word, as that of a laptop which slept.
      if (this.#isOpen && this.isLost) again(0);
    }, 1000);
    const again = (/** @type {number} */ inMs) => {
      clearInterval(watch);
      source.close();
      this.#isOpen = false;
      setTimeout(() => this.#connect(), inMs);
    };
    source.addEventListener('error', () => {
      this.#isOpen = false;
      if (source.readyState === EventSource.CLOSED) again(againMs);
    });
    /** @type {Handlers} */
    const handlers = { ...this.#handlers, alive: () => undefined };
    for (const [name, handle] of Object.entries(handlers))
      source.addEventListener(name, (event) => {
        this.#isOpen = true;
        this.#lastWordMs = Date.now();
        handle(event instanceof MessageEvent ? JSON.parse(event.data) : undefined);
      });
  }
}
