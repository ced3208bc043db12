import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AbortListeners } from '../../../bench/soak/abort-listeners.ts';

const listeners = new AbortListeners();

describe('the count of listeners to abort', () => {
  it('has those that are left on a signal, and not those that were taken off', () => {
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

  it("has those of Node's own functions while they wait", async () => {
    const before = listeners.count();
    const ending = new AbortController();
    const pause = sleep(60_000, undefined, { signal: ending.signal });
    expect(listeners.count().abortListeners).toBe(before.abortListeners + 1);
    ending.abort();
    await expect(pause).rejects.toThrow();
    expect(listeners.count().abortListeners).toBe(before.abortListeners);
  });
});
