import { describe, expect, it } from 'vitest';
import { countIn } from '../../src/doctor/logstore-query.ts';
import { ingressLogs } from '../../src/metric/ingress-logs.ts';
import { columnsOf, decodeAggregates, decodeSecondCounts, decodeTotal } from '../../src/sls/decode.ts';
import { countLines, countsBySecond } from '../../src/sls/counts-by-second.ts';
import { surveyDefaultBackends } from '../../src/sls/default-backend.ts';
import { parseEndpointUrl } from '../../src/sls/endpoint.ts';
import { countMinutes } from '../../src/sls/minute-counts.ts';
import type { Row } from '../../src/sls/read-reply.ts';
import { surveyRoutes } from '../../src/sls/route-survey.ts';
import { builtIn } from '../support/catalog.ts';
import { alive } from './sls-client.ts';

// SLS, or a proxy before it, prints counts that no lines can have. What is computed from them is an error.

const invalid = expect.objectContaining({ code: 'SlsReplyInvalid' }) as Error;
const impossible = ['1.5', '1.505E2', '1.0E300', '9007199254740992', '-1', '-0', '-0.0', '1.0E-4'];

const logKind = ingressLogs['nginx-ingress'];
const address = { endpoint: parseEndpointUrl('http://127.0.0.1:1'), project: 'p', logstore: 'l' };
const window = { startSeconds: 600, endSeconds: 720 };
const logsWith = (...rows: readonly Row[]) => ({
  query: () =>
    Promise.resolve({
      ...{ rows, columnTypes: new Map<string, string>(), requestId: 'R', serverTimeMs: undefined },
      ...{ processedRows: undefined, processedBytes: undefined, serverElapsedMs: undefined },
    }),
});

const ratio = builtIn.find('sls_ingress_error_ratio');
const ofRatio = columnsOf(logKind, ratio.aggregates);
const ratioRow = { requests: '10', status_lines: '10', errors: '2' };

describe('the aggregates of a metric', () => {
  it('are numbers, whole ones also as doubles', () => {
    expect(decodeAggregates({ requests: '1.0E1', status_lines: '10.0', errors: '0' }, ofRatio)).toEqual({
      ...{ requests: 10, status_lines: 10, errors: 0 },
    });
  });

  it.each(impossible.flatMap((text) => Object.keys(ratioRow).map((alias) => [alias, text] as const)))(
    'are refused if the count %s is %s',
    (alias, text) => {
      expect(() => decodeAggregates({ ...ratioRow, [alias]: text }, ofRatio)).toThrow(invalid);
    },
  );

  it.each([
    ['no request', { requests: '0', status_lines: '0', errors: '0' }],
    ['more errors than requests', { ...ratioRow, errors: '11' }],
    ['more readable lines than requests', { ...ratioRow, status_lines: '1.1E1' }],
  ])('are refused with %s', (_, row) => {
    expect(() => decodeAggregates(row, ofRatio)).toThrow(invalid);
  });

  it('may be fractions if they add up or rank times, or are SQL of the configuration', () => {
    const columns = columnsOf(logKind, builtIn.find('sls_ingress_latency_p95').aggregates);
    const row = { requests: '2', request_time_lines: '2', request_time_p95: '0.25' };
    expect(decodeAggregates(row, columns)).toMatchObject({ request_time_p95: 0.25 });
    const own = columnsOf(
      { search: '*', sql: undefined, groupBy: undefined, columns: {}, numbers: [] },
      { value: 'count(*) / {window}' },
    );
    expect(decodeAggregates({ value: '-1.5' }, own)).toEqual({ value: -1.5 });
  });

  it('are counted whole by every metric of the catalogue', () => {
    for (const { logKind: kind, aggregates } of builtIn.metrics)
      for (const [alias, sql] of Object.entries(aggregates)) {
        expect(sql).toMatch(/^(count|count_if|sum|approx_percentile)\(/);
        const isCount = columnsOf(kind, { [alias]: sql }).every(({ canBe }) => !canBe(1.5, Infinity));
        expect([alias, isCount]).toEqual([alias, sql.startsWith('count')]);
      }
  });
});

describe.each(impossible)('a count that SLS gives as %s', (text) => {
  it('is no number of lines of a logstore, in all or by the second', async () => {
    expect(() => decodeTotal([{ lines: text }], [])).toThrow(invalid);
    expect(() => decodeSecondCounts([{ unix_second: '600', lines: text }], window)).toThrow(invalid);
    const heartbeats = { unix_second: '600', lines: '1', heartbeats: text };
    expect(() => decodeSecondCounts([heartbeats], window, 'heartbeats')).toThrow(invalid);
    await expect(countLines(address, window, logsWith({ lines: text }), alive())).rejects.toThrow(invalid);
  });

  it('is no number in a replay', async () => {
    const query = { ...address, logKind, filters: {}, routes: ['a'], aggregates: ratio.aggregates, window };
    const row = { ...ratioRow, unix_second: '600' };
    for (const alias of [...Object.keys(ratioRow), 'unix_second']) {
      const logs = logsWith({ ...row, [alias]: text });
      await expect(countsBySecond(query, logs, alive())).rejects.toThrow(invalid);
    }
  });

  it('is no number of a history', async () => {
    const metric = builtIn.find('sls_ingress_qps_forecast');
    const query = { ...address, metric, filters: {}, routes: ['a'], window, plannedAtSeconds: 720 };
    const row = { unix_minute: '600', effective_route: 'a', requests: '5', lines: '5' };
    for (const alias of ['unix_minute', 'requests', 'lines'])
      await expect(countMinutes(query, logsWith({ ...row, [alias]: text }), alive())).rejects.toThrow(
        invalid,
      );
  });

  it('is no number of a survey or of doctor', async () => {
    const row = {
      effective_route: 'a',
      requests: '5',
      busiest_minute: '5',
      first_second: '600',
      last_second: '700',
    };
    const seen = { ...row, status_lines: '5', errors: '0', request_time_lines: '5', request_time_p95: '0.1' };
    const query = { ...address, logKind, window, routes: undefined, namespace: undefined, maxRows: 10 };
    for (const alias of ['requests', 'busiest_minute', 'first_second', 'last_second', 'errors']) {
      const logs = logsWith({ ...seen, [alias]: text });
      await expect(surveyRoutes(query, logs, alive())).rejects.toThrow(invalid);
    }
    const answered = { host_name: 'h', first_address: '', requests: '1', failed: text };
    await expect(surveyDefaultBackends(address, window, logsWith(answered), alive())).rejects.toThrow(
      invalid,
    );
    expect(() => countIn({ lines: text }, 'lines')).toThrow(invalid);
  });
});

it('more heartbeats than lines are refused', () => {
  const row = { unix_second: '600', lines: '1', heartbeats: '2' };
  expect(() => decodeSecondCounts([row], window, 'heartbeats')).toThrow(invalid);
  const routed = { unix_second: '600', lines: '2', routed_lines: '0', heartbeats: '1' };
  expect(() => decodeSecondCounts([routed], window, 'heartbeats', 'routed_lines')).toThrow(invalid);
});

describe('a value that no lines can have', () => {
  const times = { request_time_lines: '5', request_time_sum: '-1', request_time_p95: '-1' };

  it('is missing in a history, and not part of a survey', async () => {
    const metric = builtIn.find('sls_ingress_concurrency_forecast');
    const query = { ...address, metric, filters: {}, routes: ['a'], window, plannedAtSeconds: 720 };
    const row = { unix_minute: '600', effective_route: 'a', requests: '5', lines: '5', ...times };
    const { byRoute } = await countMinutes(query, logsWith(row), alive());
    expect(byRoute.get('a')).toEqual(Float64Array.of(Number.NaN, 0));
    const seen = {
      ...row,
      ...{ busiest_minute: '5', first_second: '600', last_second: '700', status_lines: '5', errors: '0' },
    };
    const survey = { ...address, logKind, window, routes: undefined, namespace: undefined, maxRows: 10 };
    expect(await surveyRoutes(survey, logsWith(seen), alive())).toMatchObject([{ latencyP95Ms: undefined }]);
  });
});

describe('a row that comes twice', () => {
  it('is refused in a history and in a replay', async () => {
    const metric = builtIn.find('sls_ingress_qps_forecast');
    const row = { unix_minute: '600', unix_second: '600', effective_route: 'a', requests: '5', lines: '5' };
    const query = { ...address, metric, filters: {}, routes: ['a'], window, plannedAtSeconds: 720 };
    const logs = logsWith(row, { ...row, requests: '6' });
    await expect(countMinutes(query, logs, alive())).rejects.toThrow(invalid);
    const { aggregates } = metric;
    await expect(countsBySecond({ ...query, logKind, aggregates }, logs, alive())).rejects.toThrow(invalid);
  });
});
