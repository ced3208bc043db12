import { afterAll, beforeAll, expect, it } from 'vitest';
import { accessLine } from '../../../emulator/traffic/access-line.ts';
import { retried, servedByCanary } from '../../../emulator/traffic/oddities.ts';
import { LoggedReadings } from '../../support/logged-readings.ts';

let readings: LoggedReadings;

const good = accessLine({ atSeconds: 0, upstreamName: 'shop-web-80' });
const failed = accessLine({
  atSeconds: 0,
  upstreamName: 'shop-web-80',
  status: '502',
  requestTime: '0.002',
  attempts: [{ addr: '10.8.0.22:80', length: '150', time: '0.002', status: '502' }],
});
/** Each tried on two pods or more. The collector misreads what follows the name of the main service. */
const retriedCanaries = {
  'shop-web-canary-80': retried(failed),
  'shop-three-canary-80': retried(retried({ ...failed, requestTime: '0.001' })),
  'shop-redirected-canary-80': { ...retried(failed), redirected: true },
  'shop-v6-canary-http': retried(failed, { addr: '[fd00:8::11]:80' }),
};

beforeAll(async () => {
  readings = await LoggedReadings.start();
  await readings.logEachSecond([good], 10);
  for (const [canary, line] of Object.entries(retriedCanaries))
    await readings.logEachSecond([servedByCanary(line, canary)], 5);
  await readings.logEachSecond([{ ...retried(failed), upstreamName: 'shop-plain-80' }], 2);
});
afterAll(() => readings[Symbol.asyncDispose]());

it.each([
  ['shop-web-80', ['10', '0', '120']],
  ...Object.keys(retriedCanaries).map((route) => [route, ['5', '1', '3']] as const),
  // Retried, and not served by a canary.
  ['shop-plain-80', ['2', '1', '3']],
] as const)('requests that a canary served, retried or not, count for it: %s', async (route, expected) => {
  const read = (suffix: string) => readings.read(`sls_ingress_${suffix}`, route);
  expect([await read('qps'), await read('error_ratio'), await read('latency_avg')]).toEqual(expected);
});

it('a query that counts every route counts retried canaries as one that names routes', async () => {
  const names = Object.keys(retriedCanaries);
  const many = [...names, ...Array.from({ length: 201 }, (_, n) => `shop-none-${n}-80`)];
  const { body } = await readings.adapter.request(
    `/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/sls_ingress_requests?labelSelector=${encodeURIComponent(
      `sls.project=k8s-log-test,sls.logstore=nginx-ingress,sls.ingress.route in (${many.join(',')})`,
    )}`,
  );
  const { items } = body as { items: { value: string; metricLabels: Record<string, string> }[] };
  const counted = items.filter(({ value }) => value !== '0');
  expect(counted.map(({ metricLabels, value }) => [metricLabels['sls.ingress.route'], value])).toEqual(
    names.toSorted().map((name) => [name, '75']),
  );
});
