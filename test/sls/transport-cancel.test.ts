import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { untilCanceled } from '../../src/sls/transport.ts';

const never = () => Promise.withResolvers<never>().promise;

describe('untilCanceled', () => {
  it('ends with the work', async () => {
    const { signal } = new AbortController();
    await expect(untilCanceled(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(untilCanceled(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
  });

  it('throws Canceled if the signal is aborted before or meanwhile, with its reason as the cause', async () => {
    const controller = new AbortController();
    const ending = untilCanceled(never(), controller.signal);
    controller.abort(new Error('gone'));
    const canceled = { code: 'Canceled', cause: new Error('gone') };
    await expect(ending).rejects.toMatchObject(canceled);
    await expect(untilCanceled(never(), controller.signal)).rejects.toMatchObject(canceled);
  });

  it('leaves no listener on a signal that outlives it', async () => {
    const { signal } = new AbortController();
    const endings = Array.from({ length: 2000 }, (_, n) => untilCanceled(Promise.resolve(n), signal));
    expect(getEventListeners(signal, 'abort')).toHaveLength(2000);
    await Promise.all(endings);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('causes no unhandled rejection if the work fails later', async () => {
    const work = Promise.withResolvers<never>();
    const ending = untilCanceled(work.promise, AbortSignal.abort(new Error('gone')));
    await expect(ending).rejects.toMatchObject({ code: 'Canceled' });
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    work.reject(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});
