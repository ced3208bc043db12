import { readdirSync } from 'node:fs';
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SampleStore } from '../../src/reading/sample-store.ts';
import { WantedSeries } from '../../src/reading/wanted-series.ts';
import { AbortListeners } from './abort-listeners.ts';
import type { Vitals } from './messages.ts';

/** Tells what this process holds, and the adapter in it, which need not know. */
export class VitalSigns {
  readonly #collectGarbage: () => void;
  readonly #abortListeners = new AbortListeners();
  readonly #wanted = new Set<WantedSeries>();
  readonly #stores = new Set<SampleStore>();

  /** Before the adapter starts. */
  constructor() {
    setFlagsFromString('--expose-gc');
    // Else the heap shrinks by megabytes when V8 throws away what was compiled and not used for a while.
    setFlagsFromString('--no-flush-bytecode');
    this.#collectGarbage = runInNewContext('gc') as () => void;
    meet(WantedSeries.prototype, 'watchLogstores', this.#wanted);
    meet(SampleStore.prototype, 'put', this.#stores);
  }

  get wantedSeries(): number {
    return sizes(this.#wanted);
  }

  async take(): Promise<Vitals> {
    // What weak references hold goes after a turn, and what that holds with another collection.
    for (let round = 0; round < 2; round += 1) {
      this.#collectGarbage();
      await setImmediate();
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    const resources = Map.groupBy(process.getActiveResourcesInfo(), resourceKind);
    return {
      heapBytes: heapUsed,
      externalBytes: external,
      residentBytes: rss,
      sockets: resources.get('socket')?.length ?? 0,
      timers: resources.get('timer')?.length ?? 0,
      otherResources: resources.get('other')?.length ?? 0,
      descriptors: readdirSync('/proc/self/fd').length,
      wantedSeries: this.wantedSeries,
      heldSeries: sizes(this.#stores),
      ...this.#abortListeners.count(),
    };
  }
}

/** Remembers each object of the class whose method is called. */
function meet<T extends object>(prototype: T, method: keyof T, met: Set<T>): void {
  const original = prototype[method] as (...args: unknown[]) => unknown;
  const meeting = function (this: T, ...args: unknown[]): unknown {
    met.add(this);
    return Reflect.apply(original, this, args);
  };
  Object.defineProperty(prototype, method, { value: meeting });
}

const sizes = (met: ReadonlySet<{ readonly size: number }>) =>
  [...met].reduce((sum, { size }) => sum + size, 0);

function resourceKind(name: string): 'socket' | 'timer' | 'other' {
  if (/^(TCPSocket|TLS|TCP|Pipe)Wrap$/.test(name)) return 'socket';
  return name === 'Timeout' || name === 'Immediate' ? 'timer' : 'other';
}
