import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import {
  accessKey,
  logstore,
  project,
  readPath,
  startAdapter,
  type TestAdapter,
} from '../../support/adapter.ts';
import { TestClock } from '../../support/test-clock.ts';

const inWindow = 'FROM log WHERE __time__ >= {from} AND __time__ < {to}';
const weights = "(VALUES ('404', 5), ('200', 1))";

/** A SELECT in a form that Presto takes, and its value for eight lines of status 200 and two of 404. */
const selects: readonly (readonly [sql: string, value: string])[] = [
  [`SELECT count(*) AS value, count(*) lines ${inWindow}`, '10'],
  [`SELECT count(*) value, count(*) lines ${inWindow}`, '10'],
  [`SELECT count(*) "value", count(*) "lines" ${inWindow}`, '10'],
  [`SELECT value, lines FROM (SELECT max(status) value, count(*) lines ${inWindow}) counted`, '404'],
  [
    `SELECT sum(w.n) value, count(*) lines FROM log l JOIN ${weights} AS w(code, n) ON cast(l.status AS varchar) = w.code WHERE __time__ >= {from} AND __time__ < {to}`,
    '18',
  ],
  [
    `WITH w(code, n) AS ${weights} SELECT sum(n) value, count(*) lines FROM log JOIN w ON cast(status AS varchar) = code WHERE __time__ >= {from} AND __time__ < {to}`,
    '18',
  ],
  [
    `SELECT count(*) value, count(*) lines ${inWindow} AND cast(status AS varchar) IN (VALUES '404', '503')`,
    '2',
  ],
];

const clock = new TestClock();
let emulator: Emulator;
let adapter: TestAdapter;

beforeAll(async () => {
  const logstores = [{ project, logstore }];
  emulator = await startEmulator({ logstores, accessKey, clock });
  const metrics = selects.map(([sql], index) => ({
    name: `own_${index}`,
    description: 'Lines',
    unit: 'lines',
    sql,
  }));
  const file = {
    defaults: { project, logstore },
    reading: { freshnessSeconds: 0, delaySeconds: 10 },
    metrics,
  };
  adapter = await startAdapter({ slsEndpoint: emulator.url }, { clock }, JSON.stringify(file));
  const line = (status: string) => ({ timeSeconds: clock.nowSeconds - 15, fields: { status } });
  await emulator
    .sink(project, logstore)
    .append(Array.from({ length: 10 }, (_, n) => line(n < 8 ? '200' : '404')));
});
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});

it.each(selects.map(([sql, value], index) => [sql, value, index] as const))(
  'a metric reads with the SQL %s',
  async (_, value, index) => {
    const { body } = await adapter.request(readPath(`own_${index}`, ''));
    expect(body).toMatchObject({ items: [{ value }] });
  },
);
