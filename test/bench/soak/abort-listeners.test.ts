import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AbortListeners } from '../../../bench/soak/abort-listeners.ts';

const listeners = new AbortListeners();

describe('the count of abort listeners', () => {
  it('includes listeners that are on a signal, but not those that were removed', () => {
    const before = listeners.count();
    const { signal } = new AbortController();
    const listener = () => undefined;
    signal.addEventListener('abort', listener);
    signal.addEventListener('abort', () => undefined, { once: true });
    expect(listeners.count().abortListeners).toBe(before.abortListeners + 2);
    expect(listeners.count().abortSignals).toBe(before.abortSignals + 1);
    signal.removeEventListener('abort', listener);
    expect(listeners.count().abortListeners).toBe(before.abortListeners + 1);
  });

  it("includes the listeners of Node's own functions while these wait", async () => {
    const before = listeners.count();
    const ending = new AbortController();
    const pause = sleep(60_000, undefined, { signal: ending.signal });
    expect(listeners.count().abortListeners).toBe(before.abortListeners + 1);
    ending.abort();
    await expect(pause).rejects.toThrow();
    expect(listeners.count().abortListeners).toBe(before.abortListeners);
  });
});
