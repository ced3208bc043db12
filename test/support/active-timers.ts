import { createHook } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';

interface TimerCount {
  /** Returns how many of the timers keep the process alive. */
  active(): number;
  /** Waits until there are none, and ends the count. */
  none(): Promise<void>;
}

/** Counts timers from now on. Those of earlier tests do not count: a worker runs many test files. */
export function countTimers(): TimerCount {
  const timers = new Map<number, NodeJS.Timeout>();
  const hook = createHook({
    init: (id, type, _trigger, resource) => {
      if (type === 'Timeout') timers.set(id, resource as NodeJS.Timeout);
    },
    destroy: (id) => {
      timers.delete(id);
    },
  }).enable();
  const active = () => [...timers.values()].filter((timer) => timer.hasRef()).length;
  return {
    active,
    none: async () => {
      // No timer here: it would count itself.
      const endMs = performance.now() + 30_000;
      while (active() > 0) {
        if (performance.now() > endMs) throw new Error(`timers left: ${active()}`);
        await nextTurn();
      }
      hook.disable();
    },
  };
}
