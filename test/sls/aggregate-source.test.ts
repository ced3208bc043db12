import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Emulator } from '../../emulator/emulator.ts';
import { nginxIngressIndex } from '../../emulator/store/index-config.ts';
import { AggregateSource, type AggregateQuery } from '../../src/sls/aggregate-source.ts';
import type { LogQuery, LogSource } from '../../src/sls/client.ts';
import { TestClock } from '../support/test-clock.ts';
import { aggregateQuery, countsOf, line, requestsOf } from './aggregate-harness.ts';
import { alive, createClient, logstore, project, startSls } from './sls-client.ts';

const without = (...names: readonly string[]) => ({
  ...nginxIngressIndex,
  fields: Object.fromEntries(
    Object.entries(nginxIngressIndex.fields).filter(([name]) => !names.includes(name)),
  ),
});

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
  sls = await startSls({
    clock,
    logstores: [
      { project, logstore },
      { project, logstore: 'old', index: without('proxy_alternative_upstream_name') },
      { project, logstore: 'bare', index: without('proxy_alternative_upstream_name', 'proxy_upstream_name') },
      { project, logstore: 'no-primary', index: without('proxy_upstream_name') },
    ],
  });
});
afterEach(() => {
  sent = [];
  sls.setFaults({});
});
afterAll(async () => {
  client.close();
  await sls.stop();
});

const startSeconds = clock.nowSeconds - 1000;
const queryOf = (changes: Partial<AggregateQuery>) =>
  aggregateQuery(sls.url, clock.nowSeconds, { startSeconds, endSeconds: startSeconds + 1 }, changes);
const newSource = () => new AggregateSource(logs);
const counts = (query: AggregateQuery, source = newSource()) => requestsOf(source, query);

describe('an aggregate query, compared with a direct count of the lines', () => {
  let second = startSeconds + 10;
  const hostile = [
    `a' OR '1'='1`,
    `x"`,
    '\\',
    `\\'`,
    "''",
    '|',
    '--',
    ';',
    '/*',
    '*/',
    '%',
    '_',
    '\n',
    '* | select 1',
    'NULL',
  ];
  const anyRoute = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('\0')),
    fc
      .array(fc.constantFrom(...hostile, 'a', 'default-a-80'), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('')),
    fc.stringMatching(/^[a-z]-[a-z]-[a-z0-9]$/),
  );

  it('counts exactly the lines of each route, whatever the route is named and whatever routes share the query', async () => {
    const source = newSource();
    const anyLines = fc.array(anyRoute, { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        anyLines,
        fc.array(anyRoute, { maxLength: 10 }),
        fc.integer({ min: 1, max: 30 }),
        async (logged, others, take) => {
          const window = { startSeconds: ++second, endSeconds: second + 1 };
          const neighbours = [line(second - 1, logged[0] ?? ''), line(second + 1, logged[0] ?? '')];
          await sls
            .sink(project, logstore)
            .append([...logged.map((route) => line(second, route, '')), ...neighbours]);
          second += 2;
          const routes = [...new Set([...logged.slice(0, take), ...others])];
          const expected = countsOf(logged.filter((route) => routes.includes(route)));
          expect(await counts(queryOf({ window, routes }), source)).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('counts a line for its canary exactly if the alternative column contains a backend', async () => {
    const isBackend = (text: string) =>
      /^[a-z0-9-]+$/.test(text) && !text.startsWith('-') && (text.match(/-(?=[a-z0-9])/g) ?? []).length >= 2;
    const primary = fc.constantFrom('default-a-80', 'default-b-80', '-', 'upstream-default-backend', '');
    const alternative = fc.option(
      fc.oneof(
        fc.constantFrom(
          '',
          '-',
          'default-canary-80',
          'default-a-80',
          'default-a',
          'a-b-c-',
          'Default-a-80',
          '-a-b-c',
        ),
        fc.constantFrom(
          '502, 200 46b79 a.example.com [',
          'default-a-80 ',
          ' default-a-80',
          'a--b--c',
          'a_b-c-d-80',
          'null',
        ),
        fc.stringMatching(/^[-a-c0]{1,8}$/),
      ),
      { nil: undefined },
    );
    const anyLines = fc.array(fc.tuple(primary, alternative), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(anyLines, async (lines) => {
        const window = { startSeconds: ++second, endSeconds: second + 1 };
        await sls.sink(project, logstore).append(lines.map(([first, other]) => line(second, first, other)));
        const effective = lines.map(([first, other]) =>
          other !== undefined && isBackend(other) ? other : first,
        );
        const routes = [...new Set(lines.flatMap(([first, other]) => [first, other ?? first]))];
        expect(await counts(queryOf({ window, routes }))).toEqual(countsOf(effective));
      }),
      { numRuns: 40 },
    );
  });

  it('returns more routes than the number of rows that SLS returns by default', async () => {
    const routes = Array.from({ length: 250 }, (_, n) => `default-r${n}-80`);
    second += 2;
    await sls.sink(project, logstore).append(routes.map((route) => line(second, route)));
    const window = { startSeconds: second, endSeconds: second + 1 };
    expect(await counts(queryOf({ window, routes }))).toEqual(countsOf(routes));
    expect(await counts(queryOf({ window, routes: undefined }))).toEqual(new Map([[undefined, 250]]));
  });
});

describe('a logstore without the alternative column (canaries)', () => {
  const old = (routes: readonly string[] = ['default-a-80']) =>
    queryOf({ logstore: 'old', routes, window: { startSeconds, endSeconds: startSeconds + 1 } });
  const withColumn = () => sent.map((query) => query.includes('proxy_alternative_upstream_name'));

  beforeAll(() => sls.sink(project, 'old').append([line(startSeconds, 'default-a-80', 'default-canary-80')]));

  it.each([
    ['SLS refuses the search', ['default-a-80']],
    [
      'SLS refuses the SQL: there are too many routes for the search',
      Array.from({ length: 20 }, (_, n) => `default-${n}-80`).concat('default-a-80'),
    ],
  ])('is counted by the primary column only: %s', async (_, routes) => {
    expect(await counts(old(routes))).toEqual(new Map([['default-a-80', 1]]));
    expect(withColumn()).toEqual([true, false]);
  });

  it('is remembered for 10 minutes, then the column is tried again', async () => {
    const monotonicMs = vi.spyOn(performance, 'now').mockReturnValue(1000);
    const source = newSource();
    await counts(old(), source);
    monotonicMs.mockReturnValue(1000 + 10 * 60_000);
    await counts(old(), source);
    expect(withColumn()).toEqual([true, false, false]);
    monotonicMs.mockReturnValue(1001 + 10 * 60_000);
    await counts(old(), source);
    expect(withColumn()).toEqual([true, false, false, true, false]);
    monotonicMs.mockRestore();
  });

  it('stays remembered after the system clock was set back, and does not affect other logstores', async () => {
    const source = newSource();
    await counts(old(), source);
    await counts(queryOf({}), source);
    clock.advance(-60_000);
    await counts(old(), source);
    clock.advance(60_000);
    expect(withColumn()).toEqual([true, false, true, false]);
  });

  it('does not hide that another field lacks an index too, and sends no second query for it', async () => {
    for (const name of ['bare', 'no-primary']) {
      await expect(newSource().query(queryOf({ logstore: name }), alive())).rejects.toMatchObject({
        code: 'IndexMissing',
        what: expect.stringContaining('proxy_upstream_name') as unknown,
      });
      expect(sent.splice(0)).toHaveLength(1);
    }
  });

  it('does not hide any other failure', async () => {
    sls.setFaults({ status: 503, errorCode: 'ServerBusy', errorMessage: 'key of a busy server', times: 1 });
    await expect(newSource().query(old(), alive())).rejects.toMatchObject({ code: 'SlsThrottled' });
    expect(sent).toHaveLength(1);
  });
});

describe('an aggregate query with a clock that differs from that of SLS', () => {
  const clockSkewed = (what: string) => ({
    code: 'ClockSkewed',
    what: `SLS, project ${project}, logstore ${logstore}: the clock of the adapter is ${what} that of SLS`,
  });

  it.each([
    [-3000, 'some seconds ahead of'],
    [-60_000, 'a minute or more ahead of'],
    [60_000, 'a minute or more behind'],
  ])('fails if SLS is %i ms ahead, whatever the rows', async (dateShiftMs, what) => {
    sls.setFaults({ dateShiftMs });
    for (const routes of [['default-a-80'], undefined])
      await expect(newSource().query(queryOf({ routes }), alive())).rejects.toMatchObject(clockSkewed(what));
  });

  it.each([-2000, 0, 30_000])('succeeds if SLS is %i ms ahead', async (dateShiftMs) => {
    sls.setFaults({ dateShiftMs });
    await newSource().query(queryOf({}), alive());
  });

  it('fails if the query was planned before the clock was corrected', async () => {
    const setBack = queryOf({ plannedAtSeconds: clock.nowSeconds + 100 });
    await expect(newSource().query(setBack, alive())).rejects.toMatchObject(
      clockSkewed('a minute or more ahead of'),
    );
  });
});

it('asks for the whole minutes around the window, and has the window in the SQL', async () => {
  const ranges: LogQuery[] = [];
  const query = (asked: LogQuery) => {
    ranges.push(asked);
    return Promise.resolve({
      rows: [],
      columnTypes: new Map(),
      requestId: undefined,
      processedRows: 0,
      processedBytes: 0,
      serverElapsedMs: 0,
      serverTimeMs: undefined,
    });
  };
  const source = new AggregateSource({ query });
  await source.query(queryOf({ window: { startSeconds: 100, endSeconds: 115 } }), alive());
  expect(ranges[0]).toMatchObject({
    fromSeconds: 60,
    toSeconds: 120,
    query: expect.stringContaining('__time__ >= 100 AND __time__ < 115') as unknown,
  });
});
