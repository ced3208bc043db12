import { afterEach, beforeEach, expect, it, vi } from 'vitest';
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
    code: 'SlsTimeout' | 'SlsThrottled' = 'SlsTimeout',
  ) =>
    telemetry.readFinished({
      read: { namespace: 'shop', metric, selector: 'a=b' },
      requestId,
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
  expect(lines[0]?.['msg']).toMatch(/^no answer\. Check the network path/);
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
