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

describe('a caller whose signal is aborted', () => {
  const canceled = { code: 'Canceled' };

  it('gets Canceled at once, while the other callers of the same query get their outcomes', async () => {
    const { collector, sls } = createCollector();
    const leaving = new AbortController();
    const left = collector.collect([a, b], 0, leaving.signal);
    const same = collector.collect([a], 0, alive());
    const other = collector.collect([b], 0, alive());
    const { answer, signal } = await sls.nth(0);
    leaving.abort();
    await expect(left).rejects.toMatchObject(canceled);
    expect(signal.aborted).toBe(false);
    answer();
    expect((await Promise.all([same, other])).map(values)).toEqual([[1], [1]]);
  });

  it('cancels the query if it was its last caller, and the next caller starts a new query', async () => {
    const { collector, sls, delivered } = createCollector();
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
    expect(delivered.filter((event) => 'sample' in event)).toHaveLength(1);
  });

  it('cancels each of several queries if it was their last caller', async () => {
    const { collector, sls } = createCollector();
    const leaving = new AbortController();
    const left = collector.collect([a, elsewhere], 0, leaving.signal);
    await sls.nth(1);
    leaving.abort();
    await expect(left).rejects.toMatchObject(canceled);
    expect(sls.sent.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });

  it('prevents the query if it was the only caller and the query is not sent yet', async () => {
    const { collector, sls } = createCollector();
    const leaving = new AbortController();
    const left = collector.collect([a], 0, leaving.signal);
    leaving.abort();
    await expect(left).rejects.toMatchObject(canceled);
    const next = collector.collect([b], 0, alive());
    const { query, answer } = await sls.nth(0);
    expect(query.routes).toEqual(['b']);
    answer();
    await next;
    expect(sls.sent).toHaveLength(1);
  });

  it('removes its queued series, so that a later call for them is sent to SLS', async () => {
    const { collector, sls } = createCollector();
    const leaving = new AbortController();
    const left = collector.collect([a], 0, leaving.signal);
    const stays = collector.collect([b], 0, alive());
    leaving.abort();
    await expect(left).rejects.toMatchObject(canceled);
    const first = await sls.nth(0);
    expect(first.query.routes).toEqual(['b']);

    const next = collector.collect([a], 0, alive());
    (await sls.nth(1)).answer();
    expect(values(await next)).toEqual([1]);
    first.answer();
    await stays;
  });

  it('joins the queued query of others if it calls again in time', async () => {
    const { collector, sls } = createCollector();
    const leaving = new AbortController();
    const left = collector.collect([a], 0, leaving.signal);
    const readings = [collector.collect([b], 0, alive())];
    leaving.abort();
    await expect(left).rejects.toMatchObject(canceled);
    readings.push(collector.collect([a], 0, alive()));
    const { query, answer } = await sls.nth(0);
    expect(query.routes).toEqual(['a', 'b']);
    answer();
    expect((await Promise.all(readings)).map(values)).toEqual([[1], [1]]);
    expect(sls.sent).toHaveLength(1);
  });

  it('gets Canceled if the signal was aborted before the call', async () => {
    await expect(createCollector().collector.collect([a], 0, AbortSignal.abort())).rejects.toMatchObject(
      canceled,
    );
  });
});

it('leaves no listener on a signal that is used for thousands of reads', async () => {
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
