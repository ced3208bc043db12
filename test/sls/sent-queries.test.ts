import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { functionNames } from '../../emulator/sql/functions.ts';
import { pageOfFunction } from '../../emulator/sql/documented-functions.ts';
import { logQuery, type LogQuery, type LogSource } from '../../src/sls/client.ts';
import { ledger } from '../../src/sls/assumptions/ledger.ts';
import { surveyDefaultBackends } from '../../src/sls/default-backend.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { queryText, secondCountsText } from '../../src/sls/query-text.ts';
import { surveyRoutes } from '../../src/sls/route-survey.ts';
import { SdkClient } from '../../src/sls/sdk-client.ts';
import { createHealthySetup } from '../doctor/healthy-setup.ts';
import { listMetrics } from '../support/catalog.ts';
import { anyOf, noneOf } from '../support/choices.ts';
import { alive } from './sls-client.ts';
import { ingressLogs } from '../../src/metric/ingress-logs.ts';

type Sent = Pick<LogQuery, 'fromSeconds' | 'toSeconds' | 'query'>;

const window = { startSeconds: 1_000_007, endSeconds: 1_000_022 };
const address = { endpoint: parseEndpointUrl('http://127.0.0.1:1'), project: 'p1', logstore: 'l1' };

const filters = {
  host: anyOf('a.example.com', 'b'),
  method: noneOf('GET'),
  status: anyOf('5xx', '404', '000'),
};

/** Readings of every metric, for routes and for the whole logstore. */
const readingTexts = listMetrics().flatMap(({ logKind, aggregates }) =>
  [undefined, ['default-a-80']].flatMap((routes) =>
    [true, false].map((everyRoute) =>
      queryText({
        ...{ logKind, aggregates, filters, window, routes, everyRoute, hasAlternative: everyRoute },
        withoutHeartbeats: true,
      }),
    ),
  ),
);

/** The surveys of routes and of default backends. */
async function surveyed(): Promise<Sent[]> {
  const sent: Sent[] = [];
  const logs: LogSource = {
    query: (query) => {
      sent.push(query);
      const row = {
        host_name: 'a',
        requests: '1',
        failed: '1',
        address: '10.0.0.1:80',
        first_second: '1',
        last_second: '1',
      };
      return Promise.resolve({
        rows: query.query.includes('max(minute_requests)') || query.query.includes('latency') ? [] : [row],
      } as unknown as Awaited<ReturnType<LogSource['query']>>);
    },
  };
  for (const logKind of Object.values(ingressLogs))
    for (const namespace of [undefined, "shop's"])
      for (const together of [false, true])
        await surveyRoutes(
          {
            ...address,
            logKind,
            window,
            namespace,
            routes: namespace === undefined ? undefined : [namespace],
            together,
            withoutHeartbeats: true,
            maxRows: 9,
          },
          logs,
          alive(),
        ).catch(() => undefined);
  await surveyDefaultBackends(address, window, logs, alive()).catch(() => undefined);
  return sent;
}

const assumedTexts = ledger().flatMap(({ column }) => (column ? [`* | SELECT ${column.sql}`] : []));

let sent: readonly Sent[];

beforeAll(async () => {
  const queryLogs = vi.spyOn(SdkClient.prototype, 'queryLogs');
  await using setup = await createHealthySetup();
  await setup.examine();
  sent = [
    ...[
      ...readingTexts,
      secondCountsText(window),
      secondCountsText(window, { ownAgentStart: 'agent', routeColumn: 'proxy_upstream_name' }),
    ].map((query) => logQuery(address, window, query)),
    ...(await surveyed()),
    ...queryLogs.mock.calls.map(([query]) => query),
  ];
});
afterAll(() => {
  vi.restoreAllMocks();
});

const keywords = new Set(
  'and as by case else filter from in is join not or over select then when where with'.split(' '),
);

const withoutTexts = (query: string) => query.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, "''");

const sqlOf = (query: string) => withoutTexts(query).split('|').slice(1).join('|');

const functionsIn = (query: string): string[] =>
  Array.from(sqlOf(query).matchAll(/\b([a-z_]\w*)\s*\(/gi), ([, name = '']) => name.toLowerCase()).filter(
    (name) => !keywords.has(name),
  );

describe('the queries of readings, surveys, delays and doctor', () => {
  it('are all there', () => {
    for (const part of [
      'unix_second',
      'busiest_minute',
      'effective_route',
      'max(__time__) AS newest',
      'strpos(',
    ])
      expect(
        sent.some(({ query }) => query.includes(part)),
        part,
      ).toBe(true);
  });

  it('call only functions that the documentation of SLS has', () => {
    const texts = [...assumedTexts, ...sent.map(({ query }) => query)];
    const called = new Set(texts.flatMap(functionsIn));
    expect([...called].filter((name) => pageOfFunction(name) === undefined)).toEqual([]);
    expect(called.size).toBeGreaterThan(10);
  });

  it('call only functions that the ledger asks SLS about', () => {
    const place = { nowSeconds: 1_000_020, linesFromSeconds: 1_000_020 };
    const asked = ledger().flatMap(({ query }) => functionsIn(query(place).query));
    const called = new Set(sent.flatMap(({ query }) => functionsIn(query)));
    expect([...called].filter((name) => !asked.includes(name))).toEqual([]);
  });

  it('have a range of whole minutes', () => {
    const cut = sent.filter(({ fromSeconds, toSeconds }) => fromSeconds % 60 !== 0 || toSeconds % 60 !== 0);
    expect(cut).toEqual([]);
    expect(sent.every(({ fromSeconds, toSeconds }) => fromSeconds < toSeconds)).toBe(true);
  });

  it('have the exact seconds as a condition wherever they read the log', () => {
    for (const { query } of sent)
      for (const [read] of sqlOf(query).matchAll(/FROM log\b.{0,80}/g))
        expect(read, query).toMatch(/^FROM log WHERE __time__ >= \d+ AND __time__ < \d+/);
  });
});

it('the range of a query contains its window, and is not a minute longer on either side', () => {
  const rangeOf = (startSeconds: number, endSeconds: number) => {
    const { fromSeconds, toSeconds } = logQuery(address, { startSeconds, endSeconds }, '*');
    return [fromSeconds, toSeconds];
  };
  expect(rangeOf(120, 180)).toEqual([120, 180]);
  expect(rangeOf(119, 181)).toEqual([60, 240]);
  expect(rangeOf(121, 122)).toEqual([120, 180]);
});

it('the emulator computes only functions that the documentation of SLS has', () => {
  // DuckDB calls `count(*)` and `extract(… from …)` so.
  const inner = new Set(['count_star', 'date_part']);
  const unknown = functionNames.filter((name) => !inner.has(name) && pageOfFunction(name) === undefined);
  expect(unknown).toEqual([]);
});
