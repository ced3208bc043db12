import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { raceAbort } from '../../src/reading/race-abort.ts';

const never = () => Promise.withResolvers<never>().promise;

describe('a race against a signal', () => {
  it('ends as the work does', async () => {
    const { signal } = new AbortController();
    await expect(raceAbort(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(raceAbort(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
  });

  it('ends with the reason of a signal aborted before or meanwhile', async () => {
    const controller = new AbortController();
    const race = raceAbort(never(), controller.signal);
    controller.abort(new Error('gone'));
    await expect(race).rejects.toThrow('gone');
    await expect(raceAbort(never(), controller.signal)).rejects.toThrow('gone');
  });

  it('leaves no listener on a signal that outlives it', async () => {
    const { signal } = new AbortController();
    const races = Array.from({ length: 2000 }, (_, n) => raceAbort(Promise.resolve(n), signal));
    expect(getEventListeners(signal, 'abort')).toHaveLength(2000);
    await Promise.all(races);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('leaves a failure of work that lost to be nobody’s', async () => {
    const work = Promise.withResolvers<never>();
    const race = raceAbort(work.promise, AbortSignal.abort(new Error('gone')));
    await expect(race).rejects.toThrow('gone');
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    work.reject(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});
