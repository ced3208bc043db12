import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { foldMs } from '../../src/telemetry/folded-failures.ts';
import { createLogger, createTelemetry } from '../../src/telemetry/logger.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function bench() {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(JSON.parse(line) as never) });
  const telemetry = createTelemetry(logger);
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

it('tells the first failure at once, and the others of that minute in one line with their count', () => {
  const { lines, fail } = bench();
  for (const requestId of ['r1', 'r2', 'r3', 'r4']) fail(requestId);
  expect(lines).toMatchObject([
    { level: 'warn', code: 'SlsTimeout', requestId: 'r1', slsRequestId: 'sls-r1' },
  ]);
  expect(lines[0]?.['msg']).toMatch(/^no answer\. Check the network path/);
  expect(lines[0]).not.toHaveProperty('repeats');
  vi.advanceTimersByTime(foldMs);
  expect(lines.slice(1)).toMatchObject([{ requestId: 'r4', slsRequestId: 'sls-r4', repeats: 3 }]);
});

it('goes on to tell once a minute, and begins anew after a minute without', () => {
  const { lines, fail } = bench();
  fail('r1');
  fail('r2');
  vi.advanceTimersByTime(foldMs);
  fail('r3');
  vi.advanceTimersByTime(foldMs);
  expect(lines.map(({ repeats }) => repeats)).toEqual([undefined, 1, 1]);
  vi.advanceTimersByTime(foldMs);
  fail('r4');
  expect(lines[3]).toMatchObject({ requestId: 'r4' });
  expect(lines[3]).not.toHaveProperty('repeats');
});

it('folds neither another metric nor another code', () => {
  const { lines, fail } = bench();
  fail('r1');
  fail('r2', 'sls_ingress_inflow');
  fail('r3', 'sls_ingress_qps', 'SlsThrottled');
  expect(lines.map(({ requestId }) => requestId)).toEqual(['r1', 'r2', 'r3']);
});

it('folds what is refused while the API server reviews nobody, whoever asks and for whatever', () => {
  const { lines, telemetry } = bench();
  for (const path of ['/a', '/b', '/c']) {
    telemetry.reviewFailed({ kind: 'SubjectAccessReview', message: 'connect ECONNREFUSED', attempts: 3 });
    const error = new AdapterError('AuthorizationUnavailable', `nobody says whether ${path} may be read`);
    telemetry.requestRefused({ method: 'GET', path, error });
  }
  expect(lines).toMatchObject([
    { kind: 'SubjectAccessReview' },
    { code: 'AuthorizationUnavailable', path: '/a' },
  ]);
  vi.advanceTimersByTime(foldMs);
  expect(lines.slice(2)).toMatchObject([
    { kind: 'SubjectAccessReview', repeats: 2 },
    { code: 'AuthorizationUnavailable', path: '/c', repeats: 2 },
  ]);
});

it('tells each fault of the adapter itself', () => {
  const { lines, telemetry } = bench();
  for (const what of ['one', 'another']) {
    const error = new AdapterError('Internal', 'internal error', { cause: new Error(what) });
    telemetry.requestRefused({ method: 'GET', path: '/a', error });
  }
  expect(lines).toMatchObject([{ err: { message: 'one' } }, { err: { message: 'another' } }]);
});
