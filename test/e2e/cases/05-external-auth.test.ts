import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accessLine } from '../../../emulator/traffic/access-line.ts';
import { retried, servedByCanary, withAuthSubrequest } from '../../../emulator/traffic/oddities.ts';
import { LoggedReadings } from '../../support/logged-readings.ts';

/** Leaves the subrequests out, for those who know their log format. docs/decisions/doubled-lines.md */
const ownMetric = `
  - name: web_requests
    description: Requests without the subrequests of auth-url
    unit: requests
    search: not request_length = 0
    aggregate: count(*)
    groupBy: proxy_upstream_name
    emptyWindow: zero
`;

let readings: LoggedReadings;

beforeAll(async () => {
  readings = await LoggedReadings.start(
    undefined,
    `reading: { refreshesIn15Seconds: 0 }\nmetrics:${ownMetric}`,
  );
  const plain = accessLine({ atSeconds: 0, upstreamName: 'default-auth-80', requestTime: '0.124' });
  await readings.logEachSecond(withAuthSubrequest(plain), 10);
  await readings.logEachSecond(
    withAuthSubrequest({ ...plain, upstreamName: 'default-get-80', requestLength: '78' }),
  );
  await readings.logEachSecond(withAuthSubrequest({ ...retried(plain), upstreamName: 'default-retried-80' }));
  await readings.logEachSecond(
    withAuthSubrequest(servedByCanary({ ...plain, upstreamName: 'default-main-80' }, 'default-new-80')),
  );
});
afterAll(() => readings[Symbol.asyncDispose]());

it.each([
  ['default-auth-80', '300', '64', '150'],
  ['default-get-80', '30', '64', '15'],
  ['default-retried-80', '30', '64500m', '15'],
  // The subrequest of a canary names the main service alone.
  ['default-main-80', '15', '4', '15'],
])(
  'the two lines of a request with auth-url both count for %s, and an own metric can leave one out',
  async (route, requests, latency, own) => {
    expect(await readings.read('sls_ingress_requests', route)).toBe(requests);
    expect(await readings.read('sls_ingress_latency_avg', route)).toBe(latency);
    expect(await readings.read('web_requests', route)).toBe(own);
  },
);

it('the docs name it where a reading is too high', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../../docs/troubleshooting.md'), 'utf8');
  const [, tooHigh = ''] = /\n### Too high\n([^]*?)\n### /.exec(text) ?? [];
  expect(tooHigh).toMatch(/1\.4\.0.*auth-url.*doubled-lines.*request_length/);
});
