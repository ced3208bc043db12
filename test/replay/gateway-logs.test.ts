import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseLabelSelector } from '../../src/grammar/label-selector.ts';
import { parseMetricRequest } from '../../src/metric/metric-request.ts';
import { readAccessLog } from '../../src/replay/access-log-file.ts';
import { kinds, requestsOf, type Request } from '../e2e/oracle/gateway-requests.ts';
import { builtIn } from '../support/catalog.ts';

const directory = mkdtempSync(join(tmpdir(), 'gateway-logs-'));
afterAll(() => rmSync(directory, { recursive: true }));

const seriesOf = (metric: string, labels: string) =>
  parseMetricRequest(
    metric,
    'shop',
    parseLabelSelector(`sls.project=p1,sls.logstore=l1${labels}`),
    {},
    builtIn,
  ).series;

/** Returns the sum of an aggregate over the whole file, by metric and labels. */
async function sums(
  file: string,
  asked: readonly (readonly [metric: string, alias: string, labels: string])[],
) {
  const { byMetric, startSeconds, endSeconds, unreadable } = await readAccessLog(
    file,
    asked.map(([metric, , labels]) => seriesOf(metric, labels)),
  );
  const values = byMetric.map(
    ([counted], index) => counted?.counts.aggregates(startSeconds, endSeconds)?.[asked[index]?.[1] ?? ''],
  );
  return { values, unreadable };
}

describe.each(Object.entries(kinds))('an access log of %s', (kind, { prefix, routes, canary, text }) => {
  const file = join(directory, `${kind.replaceAll(/\W/g, '-')}.log`);
  const requests = requestsOf(11, routes, canary);
  writeFileSync(file, requests.map((request) => `${text(request, { routes })}\n`).join(''));
  const isInMs = !/^sls_(alb_)?ingress_/.test(prefix);

  it('is counted as its requests were', async () => {
    const of = (counts: (request: Request) => boolean, value: (request: Request) => number = () => 1) =>
      requests.filter(counts).reduce((total, request) => total + value(request), 0);
    const byRoute = (wanted: string) => (request: Request) => request.route === wanted;
    const route = `,sls.ingress.route=${routes[0] ?? ''}`;
    const { values, unreadable } = await sums(file, [
      [`${prefix}qps`, 'requests', route],
      [`${prefix}qps`, 'requests', `,sls.ingress.route=${canary}`],
      [`${prefix}qps`, 'requests', ''],
      [`${prefix}qps`, 'requests', ',sls.ingress.method=GET,sls.ingress.status in (000,5xx)'],
      [`${prefix}inflow`, 'request_length_sum', route],
      [`${prefix}concurrency`, 'request_time_sum', route],
    ]);
    expect(unreadable).toBe(0);
    expect(values.slice(0, -1)).toEqual([
      of(byRoute(routes[0] ?? '')),
      of(byRoute(canary)),
      requests.length,
      of(({ method, status }) => method === 'GET' && (status === 0 || status >= 500)),
      of(byRoute(routes[0] ?? ''), ({ bytesIn }) => bytesIn),
    ]);
    const ms = of(byRoute(routes[0] ?? ''), ({ requestMs }) => requestMs);
    expect(values.at(-1)).toBeCloseTo(isInMs ? ms : ms / 1000, 6);
  });

  it('has the hosts that it logs', async () => {
    const asked = sums(file, [[`${prefix}qps`, 'requests', ',sls.ingress.host=a.example.com']]);
    if (kind.includes('default format')) return expect(asked).rejects.toThrow('no line has a host');
    const requested = requests.filter(({ host }) => host === 'a.example.com').length;
    expect((await asked).values).toEqual([requested]);
  });

  it('is refused for the metric of another gateway', async () => {
    const other = prefix === 'sls_alb_ingress_' ? 'sls_mse_ingress_qps' : 'sls_alb_ingress_qps';
    await expect(readAccessLog(file, [seriesOf(other, '')])).rejects.toThrow(
      /300 of 300 lines are not in the JSON of (mse|alb)-ingress, which the metric reads/,
    );
  });
});
