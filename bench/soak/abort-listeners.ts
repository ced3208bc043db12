import { getEventListeners } from 'node:events';

/** The signals of this process that somebody has listened to: what waits for an abort that never comes adds up there. */
export class AbortListeners {
  readonly #seen = new WeakSet<AbortSignal>();
  #signals: WeakRef<AbortSignal>[] = [];

  /** Listens in on whoever listens from now on. */
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

  /** Those that nobody has collected yet. */
  count(): { readonly abortSignals: number; readonly abortListeners: number } {
    this.#signals = this.#signals.filter((signal) => signal.deref() !== undefined);
    const abortListeners = this.#signals.reduce((sum, signal) => sum + listenersOf(signal.deref()), 0);
    return { abortSignals: this.#signals.length, abortListeners };
  }
}

const listenersOf = (signal: AbortSignal | undefined) =>
  signal === undefined ? 0 : getEventListeners(signal, 'abort').length;
