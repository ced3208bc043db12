import { describe, expect, it } from 'vitest';
import { AdapterError, errorRegistry, type ErrorCode } from '../../src/errors.ts';
import { withRetry, type RetrySettings } from '../../src/reading/retry.ts';
import { countTimers } from '../support/active-timers.ts';

const settings: RetrySettings = { deadlineMs: 5000, firstPauseMs: 1, longestPauseMs: 4, random: () => 0.5 };
const alive = () => new AbortController().signal;
const throttled = () => new AdapterError('SlsThrottled', 'too many');
const never = () => Promise.withResolvers<never>().promise;

/** An attempt that fails with each of the errors in turn and then succeeds. */
function failing(...errors: readonly Error[]) {
  let calls = 0;
  const attempt = () => {
    const error = errors[calls++];
    return error === undefined ? Promise.resolve('answer') : Promise.reject(error);
  };
  return { attempt, calls: () => calls };
}

describe('an error that withRetry retries', () => {
  const codes = Object.keys(errorRegistry) as ErrorCode[];
  const retried = codes.filter((code) => errorRegistry[code].retryable);

  it('is one of those that may pass without a change', () => {
    expect(retried.sort()).toEqual(
      ['SlsThrottled', 'SlsUnavailable', 'SlsTimeout', 'SlsIncomplete', 'SlsReplyInvalid'].sort(),
    );
  });

  it.each(retried)('is %s', async (code) => {
    const { attempt, calls } = failing(new AdapterError(code, 'once'));
    await expect(withRetry(attempt, () => 1, alive(), settings)).resolves.toBe('answer');
    expect(calls()).toBe(2);
  });

  it.each(codes.filter((code) => !retried.includes(code)))('is not %s', async (code) => {
    const { attempt, calls } = failing(new AdapterError(code, 'once'));
    await expect(withRetry(attempt, () => 9, alive(), settings)).rejects.toMatchObject({ code });
    expect(calls()).toBe(1);
  });

  it('is not a fault of the adapter, which is thrown unchanged', async () => {
    const fault = new TypeError('undefined is not a function');
    const { attempt, calls } = failing(fault);
    await expect(withRetry(attempt, () => 9, alive(), settings)).rejects.toBe(fault);
    expect(calls()).toBe(1);
  });
});

describe('the number of retries', () => {
  it.each([0, 1, 5])('is %i at most, and then the last error is thrown unchanged', async (maxRetries) => {
    const errors = Array.from({ length: 20 }, (_, n) => new AdapterError('SlsUnavailable', `failure ${n}`));
    const { attempt, calls } = failing(...errors);
    await expect(withRetry(attempt, () => maxRetries, alive(), settings)).rejects.toBe(errors[maxRetries]);
    expect(calls()).toBe(maxRetries + 1);
  });

  it('grows if more are allowed meanwhile', async () => {
    let granted = 0;
    const { attempt, calls } = failing(throttled(), throttled());
    const granting = () => ((granted = 2), attempt());
    await expect(withRetry(granting, () => granted, alive(), settings)).resolves.toBe('answer');
    expect(calls()).toBe(3);
  });
});

describe('the deadline of withRetry', () => {
  const soon = { ...settings, deadlineMs: 30 };

  it('ends an attempt that observes its signal', async () => {
    let reason: unknown;
    const attempt = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          reject(new AdapterError('Canceled', 'stopped'));
        });
      });
    const error: unknown = await withRetry(attempt, () => 9, alive(), soon).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'DeadlineExceeded',
      what: 'no answer before the deadline of the read; the first attempt did not end',
      cause: undefined,
    });
    expect(reason).toBeInstanceOf(DOMException);
  });

  it('does not wait for an attempt that ignores its signal', async () => {
    await expect(withRetry(never, () => 9, alive(), soon)).rejects.toMatchObject({
      code: 'DeadlineExceeded',
    });
  });

  it('ends a pause, and the error names the last failure', async () => {
    const { attempt, calls } = failing(throttled(), throttled());
    const patient = { ...soon, firstPauseMs: 60_000, longestPauseMs: 60_000 };
    const error: unknown = await withRetry(attempt, () => 9, alive(), patient).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'DeadlineExceeded',
      message: expect.stringContaining('last attempt: too many') as unknown,
      cause: { code: 'SlsThrottled' },
    });
    expect(calls()).toBe(1);
  });
});

describe('aborting the signal of withRetry', () => {
  const patient = { ...settings, firstPauseMs: 60_000, longestPauseMs: 60_000, deadlineMs: 60_000 };

  it('ends a pause at once, without another attempt', async () => {
    const controller = new AbortController();
    const { attempt, calls } = failing(throttled());
    const reading = withRetry(
      async () => {
        setImmediate(() => controller.abort('left'));
        return attempt();
      },
      () => 9,
      controller.signal,
      patient,
    );
    await expect(reading).rejects.toMatchObject({ code: 'Canceled', cause: 'left' });
    expect(calls()).toBe(1);
  });

  it('ends an attempt at once, even if that ignores its signal', async () => {
    const controller = new AbortController();
    const reading = withRetry(never, () => 9, controller.signal, patient);
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: 'Canceled' });
  });

  it('prevents the first attempt if it happens before the call', async () => {
    const { attempt, calls } = failing();
    await expect(withRetry(attempt, () => 9, AbortSignal.abort(), patient)).rejects.toMatchObject({
      code: 'Canceled',
    });
    expect(calls()).toBe(0);
  });

  it('leaves no timer behind, and neither does a success', async () => {
    const timers = countTimers();
    await withRetry(failing(throttled()).attempt, () => 1, alive(), { ...patient, random: () => 0 });
    const controller = new AbortController();
    const reading = withRetry(failing(throttled()).attempt, () => 9, controller.signal, patient);
    await new Promise((resolve) => setImmediate(resolve));
    expect(timers.active()).toBeGreaterThan(0);
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: 'Canceled' });
    await timers.none();
  });
});
