import { getEventListeners } from 'node:events';

/** Counts the abort listeners of this process. Code that waits for an abort that never comes leaks listeners. */
export class AbortListeners {
  readonly #seen = new WeakSet<AbortSignal>();
  #signals: WeakRef<AbortSignal>[] = [];

  /** Patches `EventTarget`, so that every signal with a listener added from now on is known. */
  constructor() {
    const remember = (target: unknown): void => {
      if (!(target instanceof AbortSignal) || this.#seen.has(target)) return;
      this.#seen.add(target);
      this.#signals.push(new WeakRef(target));
    };
    // eslint-disable-next-line @typescript-eslint/unbound-method -- applied to what it is called on
    const { addEventListener } = EventTarget.prototype;
    EventTarget.prototype.addEventListener = function (...listening) {
      remember(this);
      Reflect.apply(addEventListener, this, listening);
    };
  }

  /** Counts the known signals that are not garbage collected, and their listeners. */
  count(): { readonly abortSignals: number; readonly abortListeners: number } {
    this.#signals = this.#signals.filter((signal) => signal.deref() !== undefined);
    const abortListeners = this.#signals.reduce((sum, signal) => sum + listenersOf(signal.deref()), 0);
    return { abortSignals: this.#signals.length, abortListeners };
  }
}

const listenersOf = (signal: AbortSignal | undefined) =>
  signal === undefined ? 0 : getEventListeners(signal, 'abort').length;
