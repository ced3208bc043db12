import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Emulator } from '../../emulator/emulator.ts';
import { AggregateSource } from '../../src/sls/aggregate-source.ts';
import type { LogSource } from '../../src/sls/client.ts';
import { TestClock } from '../support/test-clock.ts';
import { aggregateQuery, countsOf, line, requestsOf } from './aggregate-harness.ts';
import { alive, createClient, logstore, project, startSls } from './sls-client.ts';

const clock = new TestClock();
const { client } = createClient();
let sls: Emulator;
let sent: string[] = [];
/** The client; records the text of each query. */
const logs: LogSource = {
  query: (query, signal) => {
    sent.push(query.query);
    return client.query(query, signal);
  },
};

beforeAll(async () => {
  sls = await startSls({ clock });
});
afterEach(() => {
  sent = [];
});
afterAll(async () => {
  client.close();
  await sls.stop();
});

describe('a query that groups by every route', () => {
  const second = clock.nowSeconds - 500;
  const window = { startSeconds: second, endSeconds: second + 1 };
  const canaried = line(second, 'default-r0-80', 'default-canary-80');
  const logged = [
    ...Array.from({ length: 300 }, (_, n) => line(second, `default-r${n % 250}-80`)),
    ...['', '-', 'upstream-default-backend', `it's`].map((route) => line(second, route)),
    { timeSeconds: second, fields: { status: '200' } },
    canaried,
  ];
  /** The 250, four more and the canary. Lines without a route make no row. */
  const loggedRoutes = 255;
  const asked = [
    ...Array.from({ length: 240 }, (_, n) => `default-r${n}-80`),
    'default-canary-80',
    'default-quiet-80',
    `it's`,
    'null',
  ];
  const queryOf = (everyRoute: boolean) =>
    aggregateQuery(sls.url, clock.nowSeconds, window, { routes: asked, everyRoute });
  const withLimit = (maxRows: number) => new AggregateSource(logs, undefined, maxRows);
  const expected = countsOf([
    ...Array.from({ length: 300 }, (_, n) => `default-r${n % 250}-80`).filter((name) => asked.includes(name)),
    `it's`,
    'default-canary-80',
  ]);

  const ofEveryRoute = countsOf(
    logged.flatMap((one) =>
      one === canaried ? 'default-canary-80' : (one.fields['proxy_upstream_name'] ?? []),
    ),
  );

  beforeAll(() => sls.sink(project, logstore).append(logged));

  it('names no route and returns all of them, as if each were asked for', async () => {
    const source = new AggregateSource(logs);
    expect(await requestsOf(source, queryOf(true))).toEqual(ofEveryRoute);
    expect(await requestsOf(source, queryOf(false))).toEqual(expected);
    expect(sent[0]).not.toContain('default-r1-80');
    expect(sent[0]).toMatch(/^\* \|.* LIMIT 100000$/);
    expect(sent[1]).toMatch(/LIMIT 244$/);
  });

  it('is exact while there are fewer routes than the LIMIT, and fails from there on', async () => {
    expect(await requestsOf(withLimit(loggedRoutes + 1), queryOf(true))).toEqual(ofEveryRoute);
    for (const maxRows of [loggedRoutes, loggedRoutes - 1]) {
      await expect(withLimit(maxRows).query(queryOf(true), alive())).rejects.toMatchObject({
        code: 'SlsResultTooLarge',
        what: expect.stringMatching(
          `^SLS, project ${project}, logstore ${logstore}: ${maxRows} or more routes were logged in one window$`,
        ) as unknown,
      });
    }
  });

  it('is the only one that the LIMIT affects: named routes and the whole logstore are exact', async () => {
    const source = withLimit(1);
    expect(await requestsOf(source, queryOf(false))).toEqual(expected);
    const whole = aggregateQuery(sls.url, clock.nowSeconds, window, { routes: undefined, everyRoute: true });
    expect(await requestsOf(source, whole)).toEqual(new Map([[undefined, logged.length]]));
  });
});
