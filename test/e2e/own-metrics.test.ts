import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import type { LogRecord } from '../../emulator/log-record.ts';
import {
  accessKey,
  basePath,
  project,
  readPath,
  selectorOf,
  startAdapter,
  type TestAdapter,
} from '../support/adapter.ts';
import { expectStatus } from '../support/expect-status.ts';
import { TestClock } from '../support/test-clock.ts';

const clock = new TestClock();
const endSeconds = clock.nowSeconds - 10;
const logstore = 'app';

const line = (fields: Readonly<Record<string, string>>, ageSeconds = 1): LogRecord => ({
  timeSeconds: endSeconds - ageSeconds,
  fields,
});

const file = `
reading: { freshnessSeconds: 0, delaySeconds: 10 }
metrics:
  - name: app_seconds
    description: Seconds of work
    unit: s
    logstore: app
    aggregate: sum(seconds)/{window}
    groupBy: model
    emptyWindow: zero
    labels:
      - { name: model, description: The model., column: model, required: false }
  - name: app_lines
    description: Lines of a model
    unit: lines
    logstore: app
    aggregate: count(*)
    groupBy: model
    emptyWindow: zero
    labels:
      - { name: model, description: The model., column: model, required: false }
  - name: app_slow_share
    description: Share of slow work
    unit: ratio
    logstore: app
    search: 'not kind: warmup'
    aggregate: count_if(seconds > {slower.than}) / cast(count(*) AS double)
    labels:
      - { name: model, description: The model., column: model, pattern: '[a-z-]+' }
      - { name: slower.than, description: Seconds., type: number, default: '1.5' }
  - name: app_route_busiest
    description: Most lines of one model of a route
    unit: lines
    logstore: app
    sql: >-
      SELECT max(n) AS value, sum(n) AS lines FROM (
      SELECT model, count(*) AS n FROM log
      WHERE __time__ >= {from} AND __time__ < {to} AND route = {route} GROUP BY model)
    emptyWindow: zero
  - name: app_ratio
    description: A ratio of nothing
    unit: ratio
    logstore: app
    aggregate: sum(seconds) / (1e0 * count_if(kind = {kind}))
    labels: [{ name: kind, description: A kind. }]
  - name: app_took
    description: Lines of work that took so long
    unit: lines
    logstore: app
    aggregate: count(*)
    emptyWindow: zero
    labels: [{ name: took, description: Seconds., type: number, column: seconds }]
  - name: app_wrong
    description: SQL that SLS refuses
    unit: s
    logstore: app
    aggregate: sum(seconds model)
    groupBy: model
    emptyWindow: zero
    labels:
      - { name: model, description: The model., column: model, required: false }
  - name: app_debt
    description: What is below zero
    unit: s
    logstore: app
    aggregate: 0 - sum(seconds)
`;

let emulator: Emulator;
let adapter: TestAdapter;

beforeAll(async () => {
  emulator = await startEmulator({
    logstores: [
      {
        project,
        logstore,
        index: { fields: { model: 'text', seconds: 'long', kind: 'text', route: 'text' } },
      },
    ],
    accessKey,
    clock,
  });
  // Nothing is refreshed and no delay is learned while queries are counted.
  adapter = await startAdapter({ slsEndpoint: emulator.url, project }, { clock, random: () => 0.9 }, file);
  await emulator
    .sink(project, logstore)
    .append([
      ...[1, 2, 4].map((seconds) =>
        line({ model: 'bert', seconds: String(seconds), kind: 'work', route: 'default-web-80' }),
      ),
      line({ model: 'Bert', seconds: '50', kind: 'work', route: 'default-web-80' }),
      line({ model: 'gpt', seconds: '3', kind: 'work', route: 'default-web-80' }),
      line({ model: 'gpt', seconds: '100', kind: 'warmup', route: 'team-b-80' }),
      line({ model: 'idle', kind: 'work', route: 'team-b-80' }),
      line({ model: 'bert', seconds: '1000', kind: 'work', route: 'default-web-80' }, 16),
      line({ model: 'bert', seconds: '1000', kind: 'work', route: 'default-web-80' }, 0),
    ]);
});
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});

interface Item {
  readonly value: string;
  readonly metricLabels: Readonly<Record<string, string>>;
}

async function itemsOf(metric: string, selector: string): Promise<readonly Item[]> {
  const { body, text } = await adapter.request(readPath(metric, selector));
  const { items } = body as { readonly items?: readonly Item[] };
  return items ?? expect.unreachable(text);
}
const valuesOf = async (metric: string, selector = '') =>
  (await itemsOf(metric, selector)).map(({ value }) => value);

describe('a metric of the configuration', () => {
  it('is in discovery and OpenAPI like a built-in metric', async () => {
    const names = [
      'app_debt',
      'app_lines',
      'app_ratio',
      'app_route_busiest',
      'app_seconds',
      'app_slow_share',
      'app_took',
      'app_wrong',
    ];
    const { body } = await adapter.request(basePath);
    const { resources } = body as { readonly resources: readonly { readonly name: string }[] };
    expect(resources.slice(0, names.length).map(({ name }) => name)).toEqual(names);
    const { text } = await adapter.request('/openapi/v3/apis/external.metrics.k8s.io/v1beta1');
    for (const part of ['Seconds of work, in s', '- slower.than: Seconds.', '- model: The model.'])
      expect(text).toContain(part);
  });

  it('divides by the window without dropping the fraction', async () => {
    expect(await valuesOf('app_seconds', 'model=bert')).toEqual(['467m']);
  });

  it('gives one item for each value of the label that it groups by, compared exactly', async () => {
    const items = await itemsOf('app_lines', 'model in (bert,gpt,none)');
    const labels = { 'sls.project': project, 'sls.logstore': logstore };
    expect(items.map(({ value, metricLabels }) => [value, metricLabels])).toEqual([
      ['3', { ...labels, model: 'bert' }],
      ['2', { ...labels, model: 'gpt' }],
      ['0', { ...labels, model: 'none' }],
    ]);
  });

  it('reads the whole logstore if an optional grouping label is left out', async () => {
    expect(await valuesOf('app_lines')).toEqual(['7']);
  });

  it('applies search, columns, number labels and default values', async () => {
    expect(await valuesOf('app_slow_share', 'model=bert')).toEqual(['667m']);
    expect(await valuesOf('app_slow_share', 'model=bert,slower.than=3')).toEqual(['334m']);
    expect(await valuesOf('app_slow_share', 'model=gpt')).toEqual(['1']);
  });

  it.each([
    ['took=3', '1'],
    ['took=3.0', '1'],
    ['took=5', '0'],
  ])('compares a column with a number as a number: %s', async (selector, value) => {
    expect(await valuesOf('app_took', selector)).toEqual([value]);
  });

  it('runs a whole SELECT for each route, given whole or in parts', async () => {
    const items = await itemsOf('app_route_busiest', 'sls.ingress.route in (default-web-80,team-b-80,none)');
    expect(items.map(({ value, metricLabels }) => [metricLabels['sls.ingress.route'], value])).toEqual([
      ['default-web-80', '3'],
      ['none', '0'],
      ['team-b-80', '1'],
    ]);
    const parts = selectorOf({ 'sls.ingress.service': 'web', 'sls.ingress.port': '80' });
    expect(await valuesOf('app_route_busiest', parts)).toEqual(['3']);
  });

  it('needs one query for many series', async () => {
    const before = emulator.stats().sql;
    const selector = 'model in (bert,gpt,other),sls.query.interval=20';
    expect(await valuesOf('app_seconds', selector)).toEqual(['50350m', '5150m', '0']);
    expect(emulator.stats().sql - before).toBe(1);
  });

  it('fails alone if SLS refuses its SQL, with what SLS says', async () => {
    const selector = 'model=gpt,sls.query.interval=14';
    const [wrong, values] = await Promise.all([
      adapter.request(readPath('app_wrong', selector)),
      valuesOf('app_lines', selector),
    ]);
    expectStatus(wrong, 500, 'QueryRefused', /syntax/i);
    expect(values).toEqual(['2']);
  });

  it.each<[string, string, number, string, RegExp]>([
    [
      'app_slow_share',
      'model=missing',
      503,
      'WindowEmpty',
      /^app_slow_share of the logstore: no log line in 15 s\. Read a longer window/,
    ],
    [
      'app_seconds',
      'model=idle',
      503,
      'OwnMetricInvalid',
      /^app_seconds of idle is NaN, although there are log lines\. Correct it/,
    ],
    ['app_ratio', 'kind=none', 503, 'OwnMetricInvalid', /app_ratio of the logstore is NaN/],
    ['app_debt', '', 503, 'OwnMetricInvalid', /app_debt of the logstore is below 0, although/],
    ['app_slow_share', '', 400, 'LabelMissing', /^label model is missing \(The model\)\. Add the label/],
    [
      'app_slow_share',
      'model=B1',
      400,
      'LabelValueInvalid',
      /^model is "B1" and must be text that matches \[a-z-\]\+/,
    ],
    [
      'app_slow_share',
      'model=a,slower.than=x',
      400,
      'LabelValueInvalid',
      /^slower\.than is "x" and must be a number/,
    ],
    ['app_slow_share', 'model in (a,b)', 400, 'LabelValueInvalid', /^model takes one value, not 2/],
    ['app_lines', 'model!=a', 400, 'OperatorUnsupported', /^model does not take the operator "!="/],
    [
      'app_lines',
      'sls.ingress.host=a',
      400,
      'LabelUnknown',
      /^unknown label "sls\.ingress\.host"; known are sls\.project, sls\.logstore, .*, model\. Remove/,
    ],
    ['app_lines', 'sls.ingress.route=a', 400, 'LabelUnknown', /^unknown label "sls\.ingress\.route"/],
    ['app_route_busiest', '', 400, 'LabelMissing', /^label sls\.ingress\.route is missing/],
  ])('%s of %j is %d %s', async (metric, selector, status, code, message) => {
    expectStatus(await adapter.request(readPath(metric, selector)), status, code, message);
  });
});
