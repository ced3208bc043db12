import { expect, it } from 'vitest';
import { watchEvents, type WatchEvent } from '../../../src/kube/client/watch-events.ts';
import { expectWithin, tookMs } from '../../support/own-time.ts';

async function eventsOf(...chunks: readonly (string | Uint8Array)[]): Promise<WatchEvent[]> {
  const bytes = chunks.map((chunk) => (typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk));
  const stream = ReadableStream.from(bytes) as AsyncIterable<Uint8Array>;
  const events: WatchEvent[] = [];
  for await (const event of watchEvents(stream, () => undefined)) events.push(event);
  return events;
}

const line = (name: string) => `${JSON.stringify({ type: 'ADDED', object: { metadata: { name } } })}\n`;
const namesOf = (events: readonly WatchEvent[]) =>
  events.map(({ object }) => (object['metadata'] as { name: string }).name);

it('reads the events of a watch wherever its chunks are cut, also within a character', async () => {
  const text = `${line('a')}\n${line('é😀')}${line('b')}`;
  const bytes = new TextEncoder().encode(text);
  for (let at = 1; at < bytes.length; at += 1)
    expect(namesOf(await eventsOf(bytes.slice(0, at), bytes.slice(at)))).toEqual(['a', 'é😀', 'b']);
  expect(namesOf(await eventsOf(...Array.from(bytes, (byte) => Uint8Array.of(byte))))).toEqual([
    'a',
    'é😀',
    'b',
  ]);
});

it('pauses after an event that took long, for as long as that', async () => {
  const pausesMs: number[] = [];
  const stream = ReadableStream.from([new TextEncoder().encode(line('a') + line('b'))]);
  const pause = (pauseMs: number) => Promise.resolve(void pausesMs.push(pauseMs));
  for await (const event of watchEvents(stream as AsyncIterable<Uint8Array>, () => undefined, pause)) {
    const endMs = performance.now() + 50;
    while (namesOf([event])[0] === 'a' && performance.now() < endMs);
  }
  expect(pausesMs[0]).toBeGreaterThanOrEqual(50);
});

it('drops an incomplete last line', async () => {
  expect(namesOf(await eventsOf(line('a'), line('b').slice(0, -2)))).toEqual(['a']);
});

it('refuses a line of more than 10 Mi characters or with too many values, and one that is not an event', async () => {
  await expect(eventsOf(...Array<string>(11).fill('x'.repeat(1024 * 1024)))).rejects.toMatchObject({
    kind: 'size',
  });
  await expect(eventsOf(`${'['.repeat(1_100_000)}\n`)).rejects.toMatchObject({ kind: 'size' });
  for (const wrong of ['{', '7', 'null', '[]', '{"type":"ADDED"}', '{"type":"OTHER","object":{}}'])
    await expect(eventsOf(`${wrong}\n`)).rejects.toMatchObject({ kind: 'reply' });
});

it('reads a line of 4 MiB in chunks of 64 bytes without searching it again and again', async () => {
  const bytes = new TextEncoder().encode(line('x'.repeat(4 * 1024 * 1024)));
  const chunks = Array.from({ length: Math.ceil(bytes.length / 64) }, (_, index) =>
    bytes.subarray(index * 64, index * 64 + 64),
  );
  const read = async () => expect(await eventsOf(...chunks)).toHaveLength(1);
  expectWithin(await tookMs(read), 5000);
});
