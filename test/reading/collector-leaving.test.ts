import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alive, createCollector, values } from './collector-harness.ts';
import { seriesWith } from './series.ts';

const a = seriesWith({ route: 'a' });
const b = seriesWith({ route: 'b' });
const elsewhere = seriesWith({ route: 'a', project: 'p2' });

const unhandled: unknown[] = [];
const noteUnhandled = (reason: unknown) => void unhandled.push(reason);
beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', noteUnhandled);
});
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', noteUnhandled);
  expect(unhandled).toEqual([]);
});

describe('an asker who leaves', () => {
  const canceled = { code: 'Canceled' };

  it('is let go at once and takes nobody along', async () => {
    const { collector, sls } = createCollector();
    const leaver = new AbortController();
    const left = collector.collect([a, b], 0, leaver.signal);
    const same = collector.collect([a], 0, alive());
    const other = collector.collect([b], 0, alive());
    const { answer, signal } = await sls.nth(0);
    leaver.abort();
    await expect(left).rejects.toMatchObject(canceled);
    expect(signal.aborted).toBe(false);
    answer();
    expect((await Promise.all([same, other])).map(values)).toEqual([[1], [1]]);
  });

  it('as the last of a query cancels it, and the next asker has a fresh one', async () => {
    const { collector, sls, told } = createCollector();
    const [one, two] = [new AbortController(), new AbortController()];
    const readings = [collector.collect([a], 0, one.signal), collector.collect([a, b], 0, two.signal)];
    const stale = await sls.nth(0);
    one.abort();
    await expect(readings[0]).rejects.toMatchObject(canceled);
    expect(stale.signal.aborted).toBe(false);
    const next = readings[1]?.catch(() => collector.collect([a], 0, alive()));
    two.abort();
    await expect(readings[1]).rejects.toMatchObject(canceled);
    expect(stale.signal.aborted).toBe(true);
    stale.answer(999);
    (await sls.nth(1)).answer(15);
    expect(values((await next) ?? [])).toEqual([1]);
    expect(told.filter((event) => 'sample' in event)).toHaveLength(1);
  });

  it('as the last of several queries cancels each', async () => {
    const { collector, sls } = createCollector();
    const leaver = new AbortController();
    const left = collector.collect([a, elsewhere], 0, leaver.signal);
    await sls.nth(1);
    leaver.abort();
    await expect(left).rejects.toMatchObject(canceled);
    expect(sls.sent.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });

  it('before the query is sent keeps it from being sent', async () => {
    const { collector, sls } = createCollector();
    const leaver = new AbortController();
    const left = collector.collect([a], 0, leaver.signal);
    leaver.abort();
    await expect(left).rejects.toMatchObject(canceled);
    const next = collector.collect([b], 0, alive());
    const { query, answer } = await sls.nth(0);
    expect(query.routes).toEqual(['b']);
    answer();
    await next;
    expect(sls.sent).toHaveLength(1);
  });

  it('while others gather leaves no series behind that nobody asks SLS for', async () => {
    const { collector, sls } = createCollector();
    const leaver = new AbortController();
    const left = collector.collect([a], 0, leaver.signal);
    const stays = collector.collect([b], 0, alive());
    leaver.abort();
    await expect(left).rejects.toMatchObject(canceled);
    const first = await sls.nth(0);
    expect(first.query.routes).toEqual(['b']);

    const next = collector.collect([a], 0, alive());
    (await sls.nth(1)).answer();
    expect(values(await next)).toEqual([1]);
    first.answer();
    await stays;
  });

  it('and comes back while others gather is in their query', async () => {
    const { collector, sls } = createCollector();
    const leaver = new AbortController();
    const left = collector.collect([a], 0, leaver.signal);
    const readings = [collector.collect([b], 0, alive())];
    leaver.abort();
    await expect(left).rejects.toMatchObject(canceled);
    readings.push(collector.collect([a], 0, alive()));
    const { query, answer } = await sls.nth(0);
    expect(query.routes).toEqual(['a', 'b']);
    answer();
    expect((await Promise.all(readings)).map(values)).toEqual([[1], [1]]);
    expect(sls.sent).toHaveLength(1);
  });

  it('before asking gets nothing', async () => {
    await expect(createCollector().collector.collect([a], 0, AbortSignal.abort())).rejects.toMatchObject(
      canceled,
    );
  });
});

it('leaves no listener on a signal that outlives thousands of reads', async () => {
  const { collector } = createCollector({
    query: ({ routes }) => Promise.resolve(new Map(routes?.map((route) => [route, { requests: 15 }]))),
  });
  const { signal } = new AbortController();
  for (let round = 0; round < 20; round++) {
    const readings = Array.from({ length: 100 }, (_, n) =>
      collector.collect([seriesWith({ route: `r${n}` })], 0, signal),
    );
    expect((await Promise.all(readings)).flatMap(values)).toEqual(Array.from({ length: 100 }, () => 1));
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});
