import { describe, expect, it } from 'vitest';
import { WantedSeries, type LogstoreName } from '../../src/reading/wanted-series.ts';
import { seriesWith } from './series.ts';

const nowMs = 1_700_000_000_000;
const here: LogstoreName = { project: 'p1', logstore: 'nginx-ingress' };
const there: LogstoreName = { project: 'p2', logstore: 'nginx-ingress' };
const a = seriesWith({ route: 'a' });
const b = seriesWith({ route: 'b' });
const elsewhere = seriesWith({ project: 'p2' });

const routes = (wanted: WantedSeries, atMs: number, logstore = here) =>
  wanted.take(logstore, atMs).map(({ route }) => route);

describe('a series that is read', () => {
  it('is wanted for two minutes after its last read', () => {
    const wanted = new WantedSeries(10);
    wanted.read(a, nowMs);
    wanted.read(b, nowMs);
    wanted.read(a, nowMs + 60_000);
    expect(routes(wanted, nowMs + 119_999)).toEqual(['a', 'b']);
    expect(routes(wanted, nowMs + 120_000)).toEqual(['a']);
    expect(routes(wanted, nowMs + 180_000)).toEqual([]);
    expect(wanted.size).toBe(0);
  });

  it('is wanted again with the next read after it was dropped', () => {
    const wanted = new WantedSeries(10);
    wanted.read(a, nowMs);
    expect(routes(wanted, nowMs + 200_000)).toEqual([]);
    wanted.read(a, nowMs + 300_000);
    expect(routes(wanted, nowMs + 300_000)).toEqual(['a']);
  });

  it('is listed once, however many requests read it', () => {
    const wanted = new WantedSeries(10);
    wanted.read(a, nowMs);
    wanted.read(seriesWith({ route: 'a' }), nowMs);
    expect(routes(wanted, nowMs)).toEqual(['a']);
    expect(wanted.size).toBe(1);
  });

  it('is wanted for two minutes, not longer, after the clock was set back by an hour', () => {
    const wanted = new WantedSeries(10);
    wanted.read(a, nowMs);
    expect(routes(wanted, nowMs - 3_600_000)).toEqual(['a']);
    expect(routes(wanted, nowMs - 3_600_000 + 120_000)).toEqual([]);
  });
});

describe('a series that an autoscaler names', () => {
  it('is wanted until no autoscaler names it', () => {
    const wanted = new WantedSeries(100);
    wanted.name('default/one', [a, a, b]);
    wanted.name('default/two', [b]);
    expect(routes(wanted, nowMs)).toEqual(['a', 'b']);
    wanted.name('default/one', []);
    expect(routes(wanted, nowMs + 1e9)).toEqual(['b']);
    wanted.name('default/two', [a]);
    expect(routes(wanted, nowMs + 1e9)).toEqual(['a']);
    wanted.name('default/two', []);
    expect(routes(wanted, nowMs + 1e9)).toEqual([]);
  });

  it('stays wanted because of its reads when the autoscaler is deleted', () => {
    const wanted = new WantedSeries(10);
    wanted.name('default/one', [a]);
    wanted.read(a, nowMs);
    wanted.name('default/one', []);
    expect(routes(wanted, nowMs + 1)).toEqual(['a']);
  });
});

it('notifies the listener of each logstore that gets its first wanted series, and at once of those known', () => {
  const wanted = new WantedSeries(10);
  wanted.read(a, nowMs);
  const notified: LogstoreName[] = [];
  wanted.watchLogstores((logstore) => notified.push(logstore));
  expect(notified).toEqual([here]);
  wanted.read(b, nowMs);
  wanted.read(elsewhere, nowMs);
  expect(notified).toEqual([here, there]);
  expect(routes(wanted, nowMs, there)).toEqual(['default-a-80']);
  wanted.take(here, nowMs + 1e9);
  wanted.read(b, nowMs);
  expect(notified).toEqual([here, there, here]);
});

describe('the room for wanted series', () => {
  const nth = (index: number) => seriesWith({ route: `r${index}` });
  const many = Array.from({ length: 100 }, (_, index) => nth(index));

  it('is half taken by reads at most, and has room again when series are no longer read', () => {
    const wanted = new WantedSeries(8);
    for (const one of many) wanted.read(one, nowMs);
    expect(routes(wanted, nowMs)).toEqual(['r0', 'r1', 'r2', 'r3']);
    wanted.name('default/web', [a]);
    expect(routes(wanted, nowMs)).toContain('a');
    wanted.take(here, nowMs + 1e9);
    wanted.read(b, nowMs + 1e9);
    expect(routes(wanted, nowMs + 1e9)).toEqual(['b', 'a'].sort());
  });

  it('is taken to a quarter at most by the autoscalers of a namespace, and to all by those of many', () => {
    const wanted = new WantedSeries(8);
    wanted.name('tenant/one', many.slice(0, 1));
    wanted.name('tenant/two', many);
    wanted.name('tenant/three', [a]);
    expect(routes(wanted, nowMs)).toEqual(['r0', 'r1'].slice(0, wanted.size));
    wanted.name('other/one', [a, b]);
    expect(routes(wanted, nowMs)).toContain('b');
    wanted.name('tenant/one', []);
    wanted.name('tenant/two', [nth(50), nth(51), nth(52)]);
    expect(routes(wanted, nowMs)).toEqual(['a', 'b', 'r50', 'r51']);
    for (const namespace of ['n1', 'n2', 'n3', 'n4'])
      wanted.name(`${namespace}/x`, [nth(namespace.charCodeAt(1)), nth(200 + namespace.charCodeAt(1))]);
    expect(wanted.size).toBe(8);
  });
});
