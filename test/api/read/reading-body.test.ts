import { expect, it } from 'vitest';
import { ReadingBodies, type MetricReading } from '../../../src/api/read/reading-body.ts';

const reading = (value: number): MetricReading => ({
  source: 'fresh',
  items: [{ labels: {}, sample: { value, window: { startSeconds: 0, endSeconds: 15 } } }],
});

it('encodes a reading once for each representation', () => {
  const bodies = new ReadingBodies();
  const one = reading(1);
  const representations = [
    { mediaType: 'application/json', pretty: false },
    { mediaType: 'application/json', pretty: true },
    { mediaType: 'application/yaml', pretty: false },
    { mediaType: 'application/vnd.kubernetes.protobuf', pretty: false },
  ] as const;
  const first = representations.map((representation) => bodies.get('m', one, representation));
  const second = representations.map((representation) => bodies.get('m', one, representation));
  expect(new Set(first.map(String)).size).toBe(representations.length);
  for (const [index, bytes] of second.entries()) expect(bytes).toBe(first[index]);
  expect(String(bodies.get('m', reading(2), representations[0]))).toContain('"value":"2"');
});
