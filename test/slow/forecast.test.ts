import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import type { LogRecord } from '../../emulator/log-record.ts';
import { parseQuantityMilli } from '../../src/grammar/quantity.ts';
import {
  logstore,
  project,
  readPath,
  startAdapter,
  type Reply,
  type TestAdapter,
} from '../support/adapter.ts';
import { runProgram } from '../../src/cli/program.ts';
import { fakeIo, someCredentials } from '../support/fake-io.ts';
import { expectWithin } from '../support/own-time.ts';
import { TestClock } from '../support/test-clock.ts';

const clock = new TestClock();
const minuteNow = Math.floor(clock.nowSeconds / 60);
const [shop, other] = ['default-shop-80', 'default-other-80'];

/** Requests in a minute of the day: few at night, and a peak. */
const daily = (minute: number) => Math.round(6 + 5 * Math.sin((minute / 1440) * 2 * Math.PI));

const linesOf = (minute: number, route: string, count: number): LogRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    timeSeconds: minute * 60 + Math.floor((index * 60) / count),
    fields: { status: index === 0 ? '503' : '200', proxy_upstream_name: route, request_time: '0.500' },
  }));

const minutes = (from: number, until: number) =>
  Array.from({ length: until - from }, (_, index) => from + index);

const labels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': shop };

interface Answer {
  readonly items?: readonly { readonly value: string; readonly timestamp: string; readonly window: number }[];
  readonly message?: string;
}
const answerOf = ({ body }: Reply) => body as Answer;

/** Reads until there is a forecast. */
async function forecast(
  adapter: TestAdapter,
  metric = 'sls_ingress_qps_forecast',
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = answerOf(await adapter.read(metric, { ...labels, ...more }));
    if (answer.items !== undefined) return answer;
    clock.advance(500);
    await pause(50);
  }
  throw new Error('there is no forecast');
}

const valueOf = ({ items = [] }: Answer) => Number(parseQuantityMilli(items[0]?.value ?? 'NaN')) / 1000;

const queriesOf = ({ logLines }: TestAdapter) =>
  logLines.filter(({ msg }) => msg === 'SLS query finished').length;

describe('a forecast', () => {
  let emulator: Emulator;
  let adapter: TestAdapter;
  const start = () =>
    startAdapter(
      { slsEndpoint: emulator.url },
      { clock },
      'access: { rules: [{ name: public, namespaces: [default], logstores: [nginx-ingress] }] }',
    );

  beforeAll(async () => {
    emulator = await startEmulator({
      ...{ clock, retentionSeconds: 3 * 86_400 },
      logstores: [{ project, logstore }],
    });
    const all = minutes(minuteNow - 2 * 1440, minuteNow).flatMap((minute) => [
      ...linesOf(minute, shop, daily(minute)),
      ...linesOf(minute, other, 1),
    ]);
    await emulator.sink(project, logstore).append(all);
    adapter = await start();
  });
  afterAll(async () => {
    await adapter[Symbol.asyncDispose]();
    await emulator.stop();
  });

  it('is what the route will most likely not exceed, made now from the last whole minute', async () => {
    const answer = await forecast(adapter);
    const perSecond = daily(minuteNow) / 60;
    expect(valueOf(answer)).toBeGreaterThan(perSecond * 0.7);
    expect(valueOf(answer)).toBeLessThan(perSecond * 2);
    const [item] = answer.items ?? [];
    expect(item?.window).toBe(60);
    expect(clock.nowSeconds - Date.parse(item?.timestamp ?? '') / 1000).toBeLessThan(70);
  });

  it('of lines with a filter, of seconds of work, and of the whole logstore is of these', async () => {
    const failed = await forecast(adapter, undefined, { 'sls.ingress.status': '5xx' });
    expect(valueOf(failed)).toBeCloseTo(1 / 60, 2);
    const busy = await forecast(adapter, 'sls_ingress_concurrency_forecast');
    expect(valueOf(busy) / valueOf(await forecast(adapter))).toBeCloseTo(0.5, 0);
    const whole = await forecast(adapter, undefined, { 'sls.ingress.route': '' });
    expect(valueOf(whole)).toBeGreaterThan(valueOf(await forecast(adapter)));
  });

  it('has an item for each route', async () => {
    const selector = `sls.project=${project},sls.logstore=${logstore},sls.ingress.route in (${shop},${other})`;
    await forecast(adapter, undefined, { 'sls.ingress.route': other });
    const { items } = answerOf(await adapter.request(readPath('sls_ingress_qps_forecast', selector)));
    expect(items).toHaveLength(2);
  });

  it.each([
    [
      'sls_ingress_qps',
      { 'sls.forecast.ahead': '180' },
      'is for forecasts, such as sls_ingress_qps_forecast',
    ],
    ['sls_ingress_qps_forecast', { 'sls.query.interval': '15' }, 'is not for forecasts'],
    ['sls_ingress_qps_forecast', { 'sls.forecast.ahead': '30' }, 'must be a whole number from 60 to 900'],
    ['sls_ingress_qps_forecast', { 'sls.logstore': 'private' }, 'refuses this read'],
  ])('%s with %j is refused', async (metric, more, words) => {
    expect(answerOf(await adapter.read(metric, { ...labels, ...more })).message).toContain(words);
  });

  it('is there again within a minute of the first read after a restart, at the same value to 5 %', async () => {
    const before = valueOf(await forecast(adapter));
    await using restarted = await start();
    const beganSeconds = clock.nowSeconds;
    expect(Math.abs(valueOf(await forecast(restarted)) / before - 1)).toBeLessThan(0.05);
    expectWithin((clock.nowSeconds - beganSeconds) * 1000, 60_000, 'the forecast after a restart');
  });

  it('is explained with its experts, and with the last day against what came', async () => {
    const selector = Object.entries(labels)
      .map((label) => label.join('='))
      .join(',');
    const { io, stdout } = fakeIo(someCredentials, clock);
    const flags = ['--selector', selector, '--sls-endpoint', emulator.url, '--run', '-o', 'json'];
    expect(await runProgram(['explain', 'sls_ingress_qps_forecast', ...flags], io)).toBe(0);
    const { query, forecasts } = JSON.parse(stdout()) as {
      query: string;
      forecasts: { weights: Record<string, number>; coverage: number; mostOfEachHour: { came: number }[] }[];
    };
    expect(query).toContain('GROUP BY unix_minute, effective_route LIMIT 2');
    const [only] = forecasts;
    expect(Object.values(only?.weights ?? {}).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    expect(only?.coverage).toBeGreaterThan(0.8);
    expect(only?.mostOfEachHour).toHaveLength(24);
    expect(only?.mostOfEachHour[0]?.came).toBeGreaterThan(0);
  });

  it('that is not read costs no query', async () => {
    await using idle = await start();
    await idle.read('sls_ingress_qps', labels);
    const before = queriesOf(idle);
    clock.advance(120_000);
    await pause(1200);
    expect(queriesOf(idle) - before).toBe(0);
  });
});
