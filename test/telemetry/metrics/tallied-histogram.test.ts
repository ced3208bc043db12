import { Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { TalliedHistogram } from '../../../src/telemetry/metrics/tallied-histogram.ts';

const name = 'seconds';
const help = 'Time taken.';
const buckets = [0.0005, 0.25, 1, 20];

it('is written as the library writes its own of the same values, bounds and beyond included', async () => {
  const values = [0, 0.0004, ...buckets, 0.3, 0.3, 19.99, 20.01, 1e6];
  const ours = new Registry();
  const histogram = new TalliedHistogram({ name, help, labelNames: ['source'], buckets }, ours);
  const library = new Registry();
  const reference = new Histogram({ name, help, labelNames: ['source'], buckets, registers: [library] });
  for (const source of ['fresh', 'say "no"']) {
    const tally = histogram.tally({ source });
    for (const value of values) {
      tally.observe(value);
      reference.observe({ source }, value);
    }
  }
  expect(await ours.metrics()).toBe(await library.metrics());
});

it('takes nothing that is no number', () => {
  const histogram = new TalliedHistogram({ name, help, labelNames: [], buckets }, new Registry());
  const tally = histogram.tally({});
  for (const value of [NaN, Infinity, -Infinity]) expect(() => tally.observe(value)).toThrow(TypeError);
});

it('without labels is one series, and there before anything is seen', async () => {
  const registry = new Registry();
  new TalliedHistogram({ name, help, labelNames: [], buckets: [1] }, registry).tally({});
  expect((await registry.metrics()).trim().split('\n').slice(2)).toEqual([
    'seconds_bucket{le="1"} 0',
    'seconds_bucket{le="+Inf"} 0',
    'seconds_sum 0',
    'seconds_count 0',
  ]);
});
