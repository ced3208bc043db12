import { expect, it } from 'vitest';
import { ownMetricFaults } from '../../../src/config/own-metrics/own-metric-faults.ts';

// `least` is a label whose value may be 5 as well as 5.5.
const faultsOf = (aggregate: string) =>
  ownMetricFaults({
    ...{ name: 'x', description: 'x', unit: 'x', search: '*', aggregate, emptyWindow: 'zero' },
    labels: [{ name: 'least', description: 'x', type: 'number', column: 'a' }],
  }).map(({ path, message }) => `${path.join('.')} ${message}`);

it.each([
  'count(*)/count_if(a)',
  'count(*) * 5 / 3',
  'sum(a) + (count(*))/(60)',
  'max({to} / 60)',
  'count_if(a) / nullif(count(*), 0)',
  'coalesce(count_if(a), 0) / greatest(count(*), 1)',
  'sum(CASE WHEN a THEN 1 ELSE 0 END) / count(*)',
  'sum(if(a, 1, 0)) / count(*)',
  'count(*) / (max(__time__) - min(__time__))',
  'count(*) / cast(60 AS bigint)',
  'sum(try_cast(a AS integer)) / count(*)',
  'round(count(*) / 60)',
  'count(*) / {least}',
  'count(*) FILTER (WHERE a) / -60',
  'CASE WHEN (count(*)) / 60 > a THEN b END',
])('refuses a division that drops the fraction: %s', (aggregate) => {
  expect(faultsOf(aggregate)).toEqual([
    'aggregate must not divide one whole number by another, which drops the fraction: write 1e0 * before them',
  ]);
});

it.each([
  '1e0 * count_if(a) / nullif(count(*), 0)',
  'sum(CASE WHEN a THEN 1 ELSE 0e0 END) / count(*)',
  'sum(CASE WHEN a THEN b END) / count(*)',
  'sum(if(a, b, 0)) / count(*)',
  'sum(try_cast(a AS double)) / count(*)',
  'coalesce(count(*), 0e0) / 60',
  'avg(a) / count(*)',
  '(avg(a) + 1) / count(*)',
  'count(*) / {window} / {least}',
])('takes a division that keeps the fraction: %s', (aggregate) => {
  expect(faultsOf(aggregate)).toEqual([]);
});
