import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { startEmulator } from '../../../emulator/emulator.ts';
import type { LogRecord } from '../../../emulator/log-record.ts';
import { forecastsTo, withForecasts } from '../../../src/cli/replay/replay-forecast.ts';
import { loadTraffic } from '../../../src/cli/replay/traffic-source.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { parseQuantityMilli } from '../../../src/grammar/quantity.ts';
import { selectorRequirements } from '../../../src/kube/autoscalers/autoscaler-selector.ts';
import { replayedHpa } from '../../../src/replay/replayed-hpa.ts';
import { parseHpaManifest } from '../../../src/scaling/hpa-manifest.ts';
import { catalogOf } from '../../../src/service/catalog.ts';
import { hpaYaml } from '../../cli/replay/hpa-files.ts';
import { logstore, project, startAdapter, type TestAdapter } from '../../support/adapter.ts';
import { fakeIo, someCredentials } from '../../support/fake-io.ts';
import { TestClock } from '../../support/test-clock.ts';

const clock = new TestClock();
const day = 1440;
const firstMinute = Math.ceil(clock.nowSeconds / 60) - day;
/** The second day begins. */
const begin = firstMinute + day;
const route = 'default-web-80';

/** A collector stops for 11 minutes, and all that it did not read is lost. */
const isSilent = (minute: number) => minute >= begin + 300 && minute < begin + 311;

/** A daily pattern with noise, and a surge that cron starts each hour. */
function linesOf(minute: number): LogRecord[] {
  if (isSilent(minute)) return [];
  const mean = 7 + 6 * Math.sin((minute / day) * 2 * Math.PI) + (minute % 60 < 3 ? 6 : 0);
  const count = Math.max(0, Math.round(mean + ((minute * 7919) % 7) - 3));
  const line = (index: number, of: string) => ({
    timeSeconds: minute * 60 + Math.floor((index * 60) / Math.max(1, count)),
    fields: { status: '200', proxy_upstream_name: of, request_time: '0.2' },
  });
  return [line(0, 'default-other-80'), ...Array.from({ length: count }, (_, index) => line(index, route))];
}

const queriesOf = ({ logLines }: TestAdapter) =>
  logLines.filter(({ msg }) => msg === 'SLS query finished').length;

/** Lets time pass, in which the adapter finishes so many queries. */
async function pass(adapter: TestAdapter, seconds: number, queries = 0): Promise<void> {
  const expected = queriesOf(adapter) + queries;
  clock.advance(seconds * 1000);
  while (queriesOf(adapter) < expected) await sleep(1);
  for (let turn = 0; turn < 20; turn++) await nextTurn();
}

const labels = { 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': route };

/** Returns the forecast in thousandths. NaN: the read fails. */
async function readMilli(adapter: TestAdapter): Promise<number> {
  const { body } = await adapter.read('sls_ingress_qps_forecast', labels);
  const { items } = body as { readonly items?: readonly { readonly value: string }[] };
  return items === undefined ? Number.NaN : Number(parseQuantityMilli(items[0]?.value ?? ''));
}

it('replay --forecast and a running adapter agree on each minute of the second day of a log', async () => {
  await using emulator = await startEmulator({
    ...{ clock, retentionSeconds: 3 * 86_400 },
    logstores: [{ project, logstore }],
  });
  const sink = emulator.sink(project, logstore);
  const minutes = Array.from({ length: day }, (_, index) => firstMinute + index);
  clock.nowMs = begin * 60_000;
  await sink.append(minutes.flatMap(linesOf));
  const file = 'reading: { delaySeconds: 4 }';
  await using adapter = await startAdapter(
    { slsEndpoint: emulator.url },
    { clock, pause: clock.pause },
    file,
  );

  await readMilli(adapter);
  // The days before are counted, in a query for each.
  for (let second = 0; second < 5; second++) await pass(adapter, 1);
  while (Number.isNaN(await readMilli(adapter))) await sleep(20);
  await pass(adapter, 2, 1);

  const live: { readonly atSeconds: number; readonly milli: number }[] = [];
  for (let minute = begin; minute < begin + day; minute++) {
    await sink.append(linesOf(minute));
    // Its forecast is made 6 to 7 s after its end.
    await pass(adapter, (minute + 1) * 60 + 7 - clock.nowSeconds, 1);
    // The HPA reads it 15, 30, 45 or 60 s after its end.
    await pass(adapter, 8 + 15 * (minute % 4));
    live.push({ atSeconds: clock.nowSeconds, milli: await readMilli(adapter) });
  }

  const usages = await replayed(
    emulator.url,
    live.map(({ atSeconds }) => atSeconds),
  );
  const different = live.filter(({ milli }, index) => !Object.is(milli, usages[index]));
  expect(different).toEqual([]);
  // The collector is silent for longer than a forecast may be old.
  expect(live.filter(({ milli }) => Number.isNaN(milli))).toHaveLength(6);
});

/** Returns what `replay --forecast` says that an HPA read of the forecast at these times. */
async function replayed(slsEndpoint: string, atSeconds: readonly number[]): Promise<Float64Array> {
  const { io } = fakeIo(someCredentials, clock);
  const flags = { slsEndpoint, project, logstore, delay: '4' };
  const config = loadConfig({ flags, env: {} });
  const hpa = replayedHpa(parseHpaManifest(parse(hpaYaml())), {
    ...{ catalog: catalogOf(config), defaults: { project, logstore }, namespace: 'default' },
    requirementsOf: selectorRequirements,
  });
  const forecasts = forecastsTo(hpa, { forecast: true }, config);
  const fromSeconds = begin * 60;
  const rules = { delaySecondsOf: () => 4, refreshesIn15Seconds: 4, windowMode: 'fixed' } as const;
  const range = { from: String(fromSeconds), to: String(fromSeconds + day * 60) };
  const { histories } = await loadTraffic(hpa, rules, forecasts, range, config, io);
  const syncs = Float64Array.from(atSeconds, (at) => at - fromSeconds);
  const input = { readings: [{ syncs, usagesMilli: [] }], needed: [], controller: {} as never };
  const added = withForecasts(
    { hpa, forecasts, histories, rules, input: input as never, fromSeconds },
    config,
  );
  return added?.input.readings[0]?.usagesMilli[0] ?? new Float64Array();
}
