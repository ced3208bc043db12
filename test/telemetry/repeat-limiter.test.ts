import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { createEventLog } from '../../src/telemetry/event-log.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { summaryMs } from '../../src/telemetry/repeat-limiter.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function bench() {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(JSON.parse(line) as never) });
  const telemetry = createEventLog(logger);
  const fail = (
    requestId: string,
    metric = 'sls_ingress_qps',
    code: 'SlsTimeout' | 'SlsThrottled' | 'MetricUnknown' = 'SlsTimeout',
    { namespace = 'shop', user = 'hpa', selector = 'a=b' } = {},
  ) =>
    telemetry.readFinished({
      read: { namespace, metric, selector },
      requestId,
      user,
      error: new AdapterError(code, 'no answer', { slsRequestId: `sls-${requestId}` }),
      source: undefined,
      ageMs: undefined,
      durationMs: 1,
    });
  return { lines, fail, telemetry };
}

it('logs the first failure immediately, and the repeats of the next minute in one line with their count', () => {
  const { lines, fail } = bench();
  for (const requestId of ['r1', 'r2', 'r3', 'r4']) fail(requestId);
  expect(lines).toMatchObject([
    { level: 'warn', code: 'SlsTimeout', requestId: 'r1', slsRequestId: 'sls-r1' },
  ]);
  expect(lines[0]?.['msg']).toMatch(/^no answer\. Check sls\.network/);
  expect(lines[0]).not.toHaveProperty('repeats');
  vi.advanceTimersByTime(summaryMs);
  expect(lines.slice(1)).toMatchObject([{ requestId: 'r4', slsRequestId: 'sls-r4', repeats: 3 }]);
});

it('summarises repeats once a minute, and starts again after a minute without repeats', () => {
  const { lines, fail } = bench();
  fail('r1');
  fail('r2');
  vi.advanceTimersByTime(summaryMs);
  fail('r3');
  vi.advanceTimersByTime(summaryMs);
  expect(lines.map(({ repeats }) => repeats)).toEqual([undefined, 1, 1]);
  vi.advanceTimersByTime(summaryMs);
  fail('r4');
  expect(lines[3]).toMatchObject({ requestId: 'r4' });
  expect(lines[3]).not.toHaveProperty('repeats');
});

it('logs failures of another metric or with another code immediately', () => {
  const { lines, fail } = bench();
  fail('r1');
  fail('r2', 'sls_ingress_inflow');
  fail('r3', 'sls_ingress_qps', 'SlsThrottled');
  expect(lines.map(({ requestId }) => requestId)).toEqual(['r1', 'r2', 'r3']);
});

it('summarises requests that are refused while the API server reviews nothing, whatever their paths', () => {
  const { lines, telemetry } = bench();
  for (const path of ['/a', '/b', '/c']) {
    telemetry.reviewFailed({ kind: 'SubjectAccessReview', message: 'connect ECONNREFUSED', attempts: 3 });
    const error = new AdapterError('AuthorizationUnavailable', `no review of ${path}`);
    telemetry.requestRefused({ method: 'GET', path, error });
  }
  expect(lines).toMatchObject([
    { kind: 'SubjectAccessReview' },
    { code: 'AuthorizationUnavailable', path: '/a' },
  ]);
  vi.advanceTimersByTime(summaryMs);
  expect(lines.slice(2)).toMatchObject([
    { kind: 'SubjectAccessReview', repeats: 2 },
    { code: 'AuthorizationUnavailable', path: '/c', repeats: 2 },
  ]);
});

it('logs each distinct fault of the adapter itself', () => {
  const { lines, telemetry } = bench();
  for (const what of ['one', 'another']) {
    const error = new AdapterError('Internal', 'internal error', { cause: new Error(what) });
    telemetry.requestRefused({ method: 'GET', path: '/a', error });
  }
  expect(lines).toMatchObject([{ err: { message: 'one' } }, { err: { message: 'another' } }]);
});

describe('the log of reads that fail', () => {
  it('counts reads with ever different selectors as one kind, and cuts what it tells of them', () => {
    const { lines, fail } = bench();
    for (let n = 0; n < 1000; n += 1)
      fail(`r${n}`, undefined, undefined, { selector: `x${n},${'k'.repeat(50_000)}` });
    vi.advanceTimersByTime(summaryMs);
    expect(lines).toMatchObject([{ requestId: 'r0' }, { requestId: 'r999', repeats: 999 }]);
    for (const line of lines) {
      expect(line['selector']).toMatch(/^x\d+,k+…$/);
      expect(JSON.stringify(line).length).toBeLessThan(2000);
    }
  });

  it('counts reads of metrics that do not exist as one kind', () => {
    const { lines, fail } = bench();
    for (let n = 0; n < 100; n += 1) fail(`r${n}`, `metric_${n}`, 'MetricUnknown');
    vi.advanceTimersByTime(summaryMs);
    expect(lines).toMatchObject([{ metric: 'metric_0' }, { metric: 'metric_99', repeats: 99 }]);
  });

  it('tells the first failure of each namespace, however many kinds of another one fail', () => {
    const { lines, fail } = bench();
    for (let n = 0; n < 10_000; n += 1) fail(`r${n}`, `metric_${n}`);
    expect(lines).toHaveLength(50);
    fail('honest', undefined, undefined, { namespace: 'blog' });
    expect(lines.at(-1)).toMatchObject({ namespace: 'blog', requestId: 'honest' });
    vi.advanceTimersByTime(summaryMs);
    expect(lines).toHaveLength(52);
    expect(lines.at(-1)).toMatchObject({ namespace: 'shop', requestId: 'r9999', repeats: 9950 });
  });

  it('tells the first failure of a namespace, however many namespaces another user makes up', () => {
    const { lines, fail } = bench();
    for (let n = 0; n < 10_000; n += 1)
      fail(`r${n}`, undefined, undefined, { namespace: `n${n}`, user: 'mallory' });
    expect(lines).toHaveLength(2000);
    fail('honest', undefined, undefined, { namespace: 'blog' });
    expect(lines.at(-1)).toMatchObject({ namespace: 'blog', requestId: 'honest' });
    vi.advanceTimersByTime(summaryMs);
    expect(lines).toHaveLength(2002);
    vi.advanceTimersByTime(summaryMs);
    fail('again', undefined, undefined, { namespace: 'n1', user: 'mallory' });
    expect(lines.at(-1)).toMatchObject({ requestId: 'again' });
  });

  it('tells each kind of failure of a project, however many projects that do not exist are named', () => {
    const { lines, telemetry } = bench();
    const open = (project: string, code: 'ProjectNotFound' | 'SlsTimeout') =>
      telemetry.circuitOpened({ project, openMs: 1, error: new AdapterError(code, `of ${project}`) });
    for (let n = 0; n < 1000; n += 1) open(`made-up-${n}`, 'ProjectNotFound');
    open('real', 'SlsTimeout');
    expect(lines).toHaveLength(51);
    expect(lines.at(-1)).toMatchObject({ project: 'real', code: 'SlsTimeout' });
  });
});
