import { describe, expect, it, vi } from 'vitest';
import type { Series } from '../../../src/metric/series.ts';
import type { NamespaceLimits } from '../../../src/reading/pace/namespace-shares.ts';
import { kedaShareOf } from '../../../src/runtime/shares.ts';
import { ReadBeats, type LogstoreName } from '../../../src/reading/pace/read-beats.ts';
import { seriesWith } from '../series.ts';

const startMs = 1_700_000_000_000;
const here: LogstoreName = { project: 'p1', logstore: 'nginx-ingress' };
const a = seriesWith({ route: 'a' });
const b = seriesWith({ route: 'b' });
const elsewhere = seriesWith({ project: 'p2' });

function createBeats(maxSeries = 100, limits?: NamespaceLimits) {
  const beats = new ReadBeats(maxSeries, limits);
  const told: string[] = [];
  beats.onBeat(({ project }) => told.push(project));
  const read = (series = a, user = 'hpa', ...seconds: readonly number[]) => {
    for (const one of seconds) beats.read(series, { namespace: 'shop', user }, startMs + one * 1000);
  };
  const due = (nowSeconds: number, logstore = here) =>
    beats
      .due(logstore, startMs + nowSeconds * 1000)
      .map(({ series, dueMs }) => [series.route, (dueMs - startMs) / 1000]);
  return { beats, told, read, due };
}

it('tells the due reads of one logstore, in the order of time', () => {
  const { read, due } = createBeats();
  read(b, 'hpa', 5, 20, 35);
  read(a, 'hpa', 0, 15, 30);
  read(elsewhere, 'hpa', 0, 15, 30);
  expect(due(36)).toEqual([
    ['a', 45],
    ['b', 50],
  ]);
});

it('tells the listener of a logstore once, when a read has a beat, and again after no read was due', () => {
  const { told, read, due } = createBeats();
  read(a, 'hpa', 0, 15);
  expect(told).toEqual([]);
  read(a, 'hpa', 30, 45);
  read(b, 'hpa', 30, 45, 60);
  expect(told).toEqual(['p1']);
  read(elsewhere, 'hpa', 30, 45, 60);
  expect(told).toEqual(['p1', 'p2']);
  expect(due(1000)).toEqual([]);
  read(a, 'hpa', 1000, 1015, 1030);
  expect(told).toEqual(['p1', 'p2', 'p1']);
});

it('keeps the beats of the readers of a series apart', () => {
  const { read, due } = createBeats();
  read(a, 'hpa', 0, 15, 30);
  read(a, 'prometheus', -29, 1, 31);
  expect(due(44)).toEqual([
    ['a', 45],
    ['a', 61],
  ]);
});

it('forgets readers that are gone, and then the series', () => {
  const { beats, read } = createBeats();
  const sizeAt = (second: number) => beats.size(startMs + second * 1000);
  read(a, 'hpa', 0, 15, 30);
  read(b, 'someone', 30);
  expect(sizeAt(31)).toBe(2);
  expect(sizeAt(100)).toBe(1);
  expect(sizeAt(121)).toBe(0);
});

it('keeps nothing of a namespace that is gone', () => {
  const { beats } = createBeats();
  const set = vi.spyOn(Map.prototype, 'set');
  beats.read(a, { namespace: 'gone', user: 'hpa' }, startMs);
  const maps = set.mock.contexts.filter((_, call) => set.mock.calls[call]?.[0] === 'gone') as Map<
    string,
    unknown
  >[];
  set.mockRestore();
  const isHeld = () => maps.map((map) => map.has('gone'));
  expect(isHeld()).toEqual([true, true]);
  expect(beats.size(startMs + 121_000)).toBe(0);
  expect(isHeld()).toEqual([false, false]);
});

it('learns the beats of four readers of a series, those of several namespaces if there are some', () => {
  const { beats, read, due } = createBeats();
  for (let index = 0; index < 10; index += 1) read(a, `tenant-${index}`, 1, 16, 31);
  expect(due(32)).toHaveLength(4);
  for (const second of [0, 15, 30])
    beats.read(a, { namespace: 'blog', user: 'hpa' }, startMs + second * 1000);
  expect(due(32).map(([, at]) => at)).toEqual([45, 46, 46, 46]);
});

const limits = { maxSeries: 3, maxLogstores: 2, maxProjects: 1 };

it('refuses what exceeds the share of a namespace, and goes on with what it read first', () => {
  const { beats } = createBeats(100, limits);
  const read = (namespace: string, series: Series, second = 0) =>
    beats.read(series, { namespace, user: 'hpa' }, startMs + second * 1000)?.what;
  expect(read('shop', a)).toBeUndefined();
  expect(read('shop', elsewhere)).toBe(
    'namespace shop reads series of 1 projects already: at most 1 (reading.perNamespace.maxProjects)',
  );
  expect(read('shop', seriesWith({ logstore: 'other' }))).toBeUndefined();
  expect(read('shop', seriesWith({ logstore: 'third' }))).toBe(
    'namespace shop reads series of 2 logstores already: at most 2 (reading.perNamespace.maxLogstores)',
  );
  expect(read('shop', seriesWith({ route: 'x'.repeat(1500) }))).toBe(
    'namespace shop reads series with long labels already: at most 1536 bytes of labels, 512 for each series (reading.perNamespace.maxSeries)',
  );
  expect(read('shop', b)).toBeUndefined();
  expect(read('shop', seriesWith({ route: 'c' }))).toBe(
    'namespace shop reads 3 series already: at most 3 (reading.perNamespace.maxSeries)',
  );
  expect(read('shop', a)).toBeUndefined();
  expect(read('blog', elsewhere)).toBeUndefined();
  for (const second of [45, 90, 135]) expect(read('shop', a, second)).toBeUndefined();
  // Nothing else was read for 90 s.
  expect(read('shop', seriesWith({ route: 'c' }), 140)).toBeUndefined();
});

it('takes the room of the namespace that reads the most if there is no room at all', () => {
  const { beats, read, due } = createBeats(4);
  for (let index = 0; index < 10; index += 1)
    beats.read(seriesWith({ route: `r${index}` }), { namespace: 'greedy', user: 'hpa' }, startMs);
  expect(beats.size(startMs)).toBe(4);
  read(a, 'hpa', 0, 15, 30);
  expect(beats.size(startMs)).toBe(4);
  expect(due(32)).toEqual([['a', 45]]);
  read(b, 'hpa', 30, 45, 60);
  for (let index = 0; index < 10; index += 1)
    beats.read(seriesWith({ route: `r${index}` }), { namespace: 'greedy', user: 'hpa' }, startMs + 60_000);
  expect(due(61)).toEqual([
    ['a', 75],
    ['b', 75],
  ]);
});

describe("the namespaces that a client of KEDA's port names", () => {
  const reader = (client: string, namespace: string) => ({
    namespace: kedaShareOf(client, namespace),
    user: 'keda/web',
  });
  const route = (name: string, n: number) => seriesWith({ route: `${name}-${n}` });

  it('give room together, although each reads less than others', () => {
    const { beats, read, due } = createBeats(20);
    for (const one of [a, b]) read(one, 'hpa', 0, 15, 30);
    for (let n = 0; n < 6; n += 1) beats.read(route('web', n), reader('10.0.0.8', 'shop'), startMs);
    for (let n = 0; n < 50; n += 1) beats.read(route('x', n), reader('10.0.0.7', `made-up-${n}`), startMs);
    expect(due(32)).toHaveLength(2);
    read(seriesWith({ route: 'c' }), 'hpa', 30, 45, 60);
    expect(due(61).map(([name]) => name)).toContain('c');
    expect(beats.size(startMs)).toBe(20);
  });

  it('give room to each other', () => {
    const { beats, due } = createBeats(10);
    for (let n = 0; n < 20; n += 1) beats.read(route('x', n), reader('10.0.0.8', 'greedy'), startMs);
    for (const ms of [0, 15_000, 30_000]) beats.read(a, reader('10.0.0.8', 'shop'), startMs + ms);
    expect(due(32)).toEqual([['a', 45]]);
  });

  it('give a place among the four readers of a series to another reader', () => {
    const { beats, read, due } = createBeats();
    for (const second of [1, 16, 31])
      for (let n = 0; n < 10; n += 1)
        beats.read(a, reader('10.0.0.7', `made-up-${n}`), startMs + second * 1000);
    read(a, 'hpa', 0, 15, 30);
    expect(due(32).map(([, at]) => at)).toEqual([45, 46, 46, 46]);
    expect(beats.size(startMs + 32_000)).toBe(4);
  });

  it('are 2,000 at most', () => {
    const { beats } = createBeats(10_000);
    const readOf = (n: number) => beats.read(route('x', n), reader('10.0.0.7', `made-up-${n}`), startMs);
    for (let n = 0; n < 2000; n += 1) expect(readOf(n)).toBeUndefined();
    expect(readOf(2000)?.what).toBe('KEDA client 10.0.0.7 reads for 2000 namespaces already: at most 2000');
    expect(beats.read(a, reader('10.0.0.8', 'shop'), startMs)).toBeUndefined();
    // Those that are gone do not count.
    beats.read(route('x', 0), reader('10.0.0.7', 'made-up-0'), startMs + 90_000);
    expect(beats.size(startMs + 121_000)).toBe(1);
    expect(beats.read(a, reader('10.0.0.7', 'made-up-2000'), startMs + 121_000)).toBeUndefined();
  });
});
