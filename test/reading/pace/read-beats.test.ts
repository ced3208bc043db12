import { expect, it } from 'vitest';
import { ReadBeats, type LogstoreName } from '../../../src/reading/pace/read-beats.ts';
import { seriesWith } from '../series.ts';

const startMs = 1_700_000_000_000;
const here: LogstoreName = { project: 'p1', logstore: 'nginx-ingress' };
const a = seriesWith({ route: 'a' });
const b = seriesWith({ route: 'b' });
const elsewhere = seriesWith({ project: 'p2' });

function createBeats(maxSeries = 100) {
  const beats = new ReadBeats(maxSeries);
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
  const { beats, read, due } = createBeats();
  read(a, 'hpa', 0, 15, 30);
  read(b, 'someone', 30);
  expect(beats.size).toBe(2);
  due(100);
  expect(beats.size).toBe(1);
  due(121);
  expect(beats.size).toBe(0);
});

it('learns no beat of more than a quarter of all series for one namespace, or of more than four readers', () => {
  const { beats, read, due } = createBeats(4);
  read(a, 'hpa', 0, 15, 30);
  read(b, 'hpa', 0, 15, 30);
  for (let index = 0; index < 10; index += 1) read(a, `other-${index}`, 1, 16, 31);
  expect(beats.size).toBe(1);
  expect(due(32)).toEqual([['a', 45], ...Array<[string, number]>(3).fill(['a', 46])]);
});

it('keeps the series that it has when it is full, and takes no more', () => {
  const { beats, read, due } = createBeats(4);
  read(a, 'hpa', 0, 15, 30);
  for (let index = 0; index < 10; index += 1) {
    const namespace = `other-${index}`;
    beats.read(seriesWith({ route: namespace }), { namespace, user: 'hpa' }, startMs + 30_000);
  }
  expect(beats.size).toBe(4);
  expect(due(32)).toEqual([['a', 45]]);
});
