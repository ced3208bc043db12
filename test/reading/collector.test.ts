import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import type { Series } from '../../src/metric/series.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { waitFor } from '../support/wait-for.ts';
import { alive, createCollector, values } from './collector-harness.ts';
import { kedaShareOf } from '../../src/runtime/shares.ts';
import { seriesWith } from './series.ts';

const a = seriesWith({ route: 'a' });
const b = seriesWith({ route: 'b' });
const elsewhere = seriesWith({ route: 'a', project: 'p2' });
const throttled = () => new AdapterError('SlsThrottled', 'too many');

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

describe('series that are asked for at about the same time', () => {
  it('are sent in one query, and each caller gets its own series in its own order', async () => {
    const { collector, sls, batches } = createCollector();
    const first = collector.collect([a, b], 0, alive());
    const second = collector.collect([b], 0, alive());
    const { query, answer } = await sls.nth(0);
    expect(query.routes).toEqual(['a', 'b']);
    answer(30);
    expect(values(await first)).toEqual([2, 2]);
    expect(values(await second)).toEqual([2]);
    expect(sls.sent).toHaveLength(1);
    expect(batches).toEqual([{ project: 'p1', logstore: 'nginx-ingress', series: 2, reason: 'due' }]);
  });

  it('reach the sink once each, with the time of the plan, before the caller gets them', async () => {
    const { collector, sls, clock, delivered } = createCollector();
    const reading = collector.collect([a, b, a], 0, alive()).then((outcomes) => {
      expect(delivered).toHaveLength(2);
      return outcomes;
    });
    const { answer } = await sls.nth(0);
    const plannedAtMs = clock.now();
    clock.advance(700);
    answer();
    expect(await reading).toHaveLength(3);
    const window = { startSeconds: plannedAtMs / 1000 - 25, endSeconds: plannedAtMs / 1000 - 10 };
    const run = { plannedAtMs, delaySeconds: 10 };
    expect(delivered).toEqual([a, b].map((series) => ({ series, sample: { value: 1, window }, run })));
  });

  it('reach the sink once each when their query fails', async () => {
    const { collector, sls, clock, delivered } = createCollector();
    const reading = collector.collect([a, b, a], 0, alive());
    const { fail } = await sls.nth(0);
    const plannedAtMs = clock.now();
    clock.advance(700);
    const error = throttled();
    fail(error);
    await reading;
    expect(delivered).toEqual([a, b].map((series) => ({ series, error, plannedAtMs })));
  });

  it('join a query in flight that contains them', async () => {
    const { collector, sls } = createCollector();
    const first = collector.collect([a], 0, alive());
    const { answer } = await sls.nth(0);
    const second = collector.collect([seriesWith({ route: 'a' })], 0, alive());
    answer();
    expect(values([...(await first), ...(await second)])).toEqual([1, 1]);
    expect(sls.sent).toHaveLength(1);
  });

  it('are sent again once they have been answered', async () => {
    const { collector, sls } = createCollector();
    for (const n of [0, 1]) {
      const reading = collector.collect([a], 0, alive());
      (await sls.nth(n)).answer(15 * n);
      expect(values(await reading)).toEqual([n]);
    }
  });

  it('are sent again once they have been answered, even if their caller still waits for another query', async () => {
    const { collector, sls, delivered } = createCollector();
    const first = collector.collect([a, elsewhere], 0, alive());
    const slow = await sls.nth(1);
    (await sls.nth(0)).answer(15);
    await waitFor(() => delivered.length === 1);
    const second = collector.collect([a], 0, alive());
    (await sls.nth(2)).answer(30);
    expect(values(await second)).toEqual([2]);
    slow.answer(45);
    expect(values(await first)).toEqual([1, 3]);
  });

  it('are sent for each client that waits, however many namespaces a client of KEDA names before', async () => {
    const { collector, sls } = createCollector();
    const names = [
      ...Array.from({ length: 100 }, (_, index) => kedaShareOf('10.0.0.1', `made-up-${index}`)),
      ...[kedaShareOf('10.0.0.2', 'shop'), 'honest'],
    ];
    for (const namespace of names) void collector.collect([a], 0, alive(), { namespace });
    const { namespaces = new Set() } = (await sls.nth(0)).query;
    expect([...namespaces]).toEqual([...names.slice(0, 20), ...names.slice(-2)]);
    for (let index = 0; index < 100; index += 1)
      void collector.collect([a], 0, alive(), { namespace: `n-${index}` });
    expect(namespaces.size).toBe(40);
  });

  it('fail only with their own query', async () => {
    const { collector, sls } = createCollector();
    const reading = collector.collect([a, elsewhere, b], 0, alive());
    const there = await sls.nth(1);
    (await sls.nth(0)).fail(throttled());
    there.answer();
    expect(values(await reading)).toEqual(['SlsThrottled', 1, 'SlsThrottled']);
  });

  it('all fail if they cannot be planned, and later calls are planned again', async () => {
    let broken = true;
    const endpoint = parseEndpointUrl('http://127.0.0.1:1');
    const endpointOf = () => {
      if (broken) throw new AdapterError('ConfigInvalid', 'no region');
      return endpoint;
    };
    const { collector, sls } = createCollector({ endpointOf });
    const readings = [collector.collect([a, b], 0, alive()), collector.collect([b], 0, alive())];
    expect((await Promise.all(readings)).map(values)).toEqual([
      ['ConfigInvalid', 'ConfigInvalid'],
      ['ConfigInvalid'],
    ]);
    broken = false;
    const next = collector.collect([a], 0, alive());
    (await sls.nth(0)).answer();
    expect(values(await next)).toEqual([1]);
  });

  it('fail with Internal if computing a value throws, rather than wait forever', async () => {
    const metric = {
      ...a.metric,
      value: () => {
        throw new TypeError('a mistake in the catalogue');
      },
    };
    const { collector, sls } = createCollector();
    const reading = collector.collect([seriesWith({ metric }), b], 0, alive());
    (await sls.nth(0)).answer();
    expect(values(await reading)).toEqual(['Internal', 'Internal']);
  });

  it('keep their samples if the sink throws for another series of the query', async () => {
    const delivered: string[] = [];
    const put = (series: Series) => {
      if (series === b) throw new TypeError('a mistake of the sink');
      delivered.push(`${series.route} put`);
    };
    const fail = (series: Series) => void delivered.push(`${series.route} failed`);
    const { collector, sls } = createCollector({ sink: { put, fail } });
    const reading = collector.collect([a, b], 0, alive());
    (await sls.nth(0)).answer();
    expect(values(await reading)).toEqual([1, 'Internal']);
    expect(delivered).toEqual(['a put', 'b failed']);
  });
});

it('answers a call without series at once and sends nothing', async () => {
  const { collector, sls } = createCollector();
  expect(await collector.collect([], 0, alive())).toEqual([]);
  expect(sls.sent).toEqual([]);
});

it('yields to other work while it settles a thousand series, and gives each caller its outcomes', async () => {
  const put = () => {
    // A slow sink.
    const endMs = performance.now() + 0.1;
    while (performance.now() < endMs);
  };
  const { collector, sls } = createCollector({ sink: { put, fail: put } });
  const many = Array.from({ length: 1000 }, (_, index) => seriesWith({ route: `r${index}` }));
  const all = collector.collect(many, 0, alive());
  const last = collector.collect(many.slice(-1), 0, alive());
  const { answer } = await sls.nth(0);
  const gone = new AbortController();
  const leaving = collector.collect(many.slice(-2), 0, gone.signal);
  let turns = 0;
  const count = () => {
    turns += 1;
    // A caller that leaves meanwhile must not disturb the others.
    if (turns === 1) gone.abort();
    if (turns < 20) setImmediate(count);
  };
  setImmediate(count);
  answer(30);
  await expect(leaving).rejects.toMatchObject({ code: 'Canceled' });
  expect(values(await all)).toEqual(many.map(() => 2));
  expect(values(await last)).toEqual([2]);
  expect(turns).toBe(20);
  expect(sls.sent).toHaveLength(1);
});

it('counts every route of the logstore if more routes are asked for than may be named', async () => {
  const { collector, sls } = createCollector({}, {}, { maxNamedRoutes: 1 });
  const reading = collector.collect([a, b], 0, alive());
  const { query, answer } = await sls.nth(0);
  expect(query.everyRoute).toBe(true);
  answer();
  expect(values(await reading)).toEqual([1, 1]);
});

describe('the retries of a query', () => {
  it('are as many as the most that any of its callers allows', async () => {
    const { collector, sls } = createCollector();
    const readings = [collector.collect([a], 0, alive()), collector.collect([b], 1, alive())];
    (await sls.nth(0)).fail(throttled());
    (await sls.nth(1)).answer();
    expect((await Promise.all(readings)).map(values)).toEqual([[1], [1]]);
  });

  it('grow when a caller that joins allows more', async () => {
    const { collector, sls } = createCollector();
    const first = collector.collect([a], 0, alive());
    const { fail } = await sls.nth(0);
    const second = collector.collect([a], 2, alive());
    fail(throttled());
    (await sls.nth(1)).fail(throttled());
    (await sls.nth(2)).answer();
    expect((await Promise.all([first, second])).map(values)).toEqual([[1], [1]]);
  });

  it('send the same query unchanged, so that SLS can complete an incomplete result', async () => {
    const { collector, sls, clock } = createCollector();
    const reading = collector.collect([a, b], 1, alive());
    const { query, fail } = await sls.nth(0);
    clock.advance(3000);
    fail(new AdapterError('SlsIncomplete', 'partial'));
    const again = await sls.nth(1);
    expect(again.query).toEqual(query);
    again.answer();
    await reading;
  });

  it('end at the deadline', async () => {
    const { collector, sls } = createCollector({}, {}, { deadlineMs: 20 });
    expect(values(await collector.collect([a], 9, alive()))).toEqual(['DeadlineExceeded']);
    expect(sls.sent[0]?.signal.aborted).toBe(true);
  });
});
