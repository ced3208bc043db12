/** The link to the adapter: what it tells by server-sent events, and whether it still does. */

/** It says something every 15 s, if only that it is there. */
const mostSilentMs = 35_000;
/** To come back after it was cut off takes a second. */
const graceMs = 3000;
/** Refused for good, as where too many watch: then the browser does not try again by itself. */
const againMs = 5000;

/** @typedef {Readonly<Record<string, (data: any) => void>>} Handlers by the name of the event */

/** `open`: everything is told anew. `alive`: nothing but that somebody is there. */
const names = ['open', 'head', 'rows', 'readings', 'autoscalers', 'gone', 'ready', 'alive', 'error'];

/** One connection. What comes before somebody listens waits for them. */
class Stream {
  source = new EventSource('events');
  /** @type {Event[]} */
  #waiting = [];
  /** @type {((event: Event) => void) | undefined} */
  #listener;

  constructor() {
    for (const name of names)
      this.source.addEventListener(name, (event) => {
        if (this.#listener === undefined) this.#waiting.push(event);
        else this.#listener(event);
      });
  }

  /** @param {(event: Event) => void} listener called as soon as the caller is done */
  listen(listener) {
    queueMicrotask(() => {
      this.#listener = listener;
      for (const event of this.#waiting.splice(0)) listener(event);
    });
  }
}

/** Opened while the other modules are on their way: the page has this one run first. */
const first = new Stream();

export class Link {
  /** @type {Handlers} */
  #handlers;
  #isOpen = false;
  #lastWordMs = Date.now();

  /** @param {Handlers} handlers */
  constructor(handlers) {
    const unknown = Object.keys(handlers).filter((name) => !names.includes(name));
    if (unknown.length > 0) throw new TypeError(`nobody listens for ${unknown.join(', ')}`);
    this.#handlers = handlers;
    this.#connect(first);
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

  /** @param {Stream} stream */
  #connect(stream) {
    const { source } = stream;
    const watch = setInterval(() => {
      // A connection may end without a word, as that of a laptop which slept.
      if (this.#isOpen && this.isLost) again(0);
    }, 1000);
    const again = (/** @type {number} */ inMs) => {
      clearInterval(watch);
      source.close();
      this.#isOpen = false;
      setTimeout(() => this.#connect(new Stream()), inMs);
    };
    stream.listen((event) => {
      if (event.type === 'error') {
        this.#isOpen = false;
        if (source.readyState === EventSource.CLOSED) again(againMs);
        return;
      }
      this.#isOpen = true;
      this.#lastWordMs = Date.now();
      const data = event instanceof MessageEvent ? JSON.parse(event.data) : undefined;
      this.#handlers[event.type]?.(data);
    });
  }
}
