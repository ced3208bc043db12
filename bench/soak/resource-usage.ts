import { readdirSync } from 'node:fs';
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SampleStore } from '../../src/reading/sample-store.ts';
import { ReadBeats } from '../../src/reading/pace/read-beats.ts';
import { AbortListeners } from './abort-listeners.ts';
import type { ResourceUsage } from './messages.ts';

/** Measures the resources of this process and of the adapter in it. The adapter does not take part in that. */
export class ResourceProbe {
  readonly #collectGarbage: () => void;
  readonly #abortListeners = new AbortListeners();
  readonly #monotonicMs: () => number;
  readonly #wanted = new Set<ReadBeats>();
  readonly #stores = new Set<SampleStore>();

  /** Must be created before the adapter starts. */
  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    setFlagsFromString('--expose-gc');
    // Otherwise the heap shrinks by megabytes when V8 discards compiled code that was not used for a while.
    setFlagsFromString('--no-flush-bytecode');
    this.#collectGarbage = runInNewContext('gc') as () => void;
    collectInstances(ReadBeats.prototype, 'onBeat', this.#wanted);
    collectInstances(SampleStore.prototype, 'put', this.#stores);
  }

  get wantedSeries(): number {
    return [...this.#wanted].reduce((sum, beats) => sum + beats.size(this.#monotonicMs()), 0);
  }

  async measure(): Promise<ResourceUsage> {
    // Targets of weak references are released after a turn, and what they refer to in the next collection.
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
      storedSeries: totalSize(this.#stores),
      ...this.#abortListeners.count(),
    };
  }
}

/** Patches a method, so that every instance on which it is called gets into the set. */
function collectInstances<T extends object>(prototype: T, method: keyof T, instances: Set<T>): void {
  const original = prototype[method] as (...args: unknown[]) => unknown;
  const patched = function (this: T, ...args: unknown[]): unknown {
    instances.add(this);
    return Reflect.apply(original, this, args);
  };
  Object.defineProperty(prototype, method, { value: patched });
}

const totalSize = (instances: ReadonlySet<{ readonly size: number }>) =>
  [...instances].reduce((sum, { size }) => sum + size, 0);

function resourceKind(name: string): 'socket' | 'timer' | 'other' {
  if (/^(TCPSocket|TLS|TCP|Pipe)Wrap$/.test(name)) return 'socket';
  return name === 'Timeout' || name === 'Immediate' ? 'timer' : 'other';
}
