import { afterAll, beforeAll, expect, it } from 'vitest';
import { LoggedReadings } from '../../support/logged-readings.ts';

let readings: LoggedReadings;

/** Lines a second, request time, and the readings of concurrency and of the average latency. */
const times = [
  [1, '0.120', '120m', '120'],
  [1, '0.070', '70m', '70'],
  [1, '0.007', '7m', '7'],
  [1, '0.001', '1m', '1'],
  [7, '0.119', '833m', '119'],
  [3, '0.333', '999m', '333'],
  [11, '1.001', '11011m', '1001'],
  [100, '0.069', '6900m', '69'],
] as const;

beforeAll(async () => {
  readings = await LoggedReadings.start();
  for (const [n, [lines, requestTime]] of times.entries()) {
    const attempts = [{ addr: '10.8.0.11:80', length: '7', time: requestTime, status: '200' }];
    const line = {
      upstreamName: `default-rt${n}-80`,
      requestTime,
      attempts,
      requestLength: '301',
      bodyBytes: '7',
    };
    await readings.logEachSecond([line], lines);
  }
});
afterAll(() => readings[Symbol.asyncDispose]());

it.each(times.map((row, n) => [...row, n] as const))(
  '%i lines a second of %s s read %s in flight and %s ms, without the noise of the sum',
  async (lines, _, concurrency, latency, n) => {
    const read = (suffix: string) => readings.read(`sls_ingress_${suffix}`, `default-rt${n}-80`);
    expect(await read('concurrency')).toBe(concurrency);
    for (const statistic of ['avg', 'p50', 'p95', 'p99', 'p9999'])
      expect(await read(`latency_${statistic}`)).toBe(latency);
    for (const statistic of ['avg', 'p50', 'p95', 'p99'])
      expect(await read(`upstream_latency_${statistic}`)).toBe(latency);
    expect(await read('inflow')).toBe(String(301 * lines));
    expect(await read('outflow')).toBe(String(7 * lines));
  },
);
