import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AdapterError, type ErrorCode } from '../../src/errors.ts';
import { Circuit } from '../../src/sls/circuit.ts';

const openMs = 5000;
let nowMs = 0;
let events: string[] = [];
let circuit: Circuit;

beforeEach(() => {
  nowMs = 1_000_000;
  events = [];
  circuit = new Circuit({
    settings: { failures: 3, openMs },
    monotonicMs: () => nowMs,
    onOpened: ({ what }) => events.push(`opened: ${what}`),
    onClosed: () => events.push('closed'),
  });
});

const failing = (code: ErrorCode, what = 'down') => Promise.reject(new AdapterError(code, what));
/** Returns how a call ended: `ok`, or the code of its error. */
const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (error: unknown) => (error as AdapterError).code,
  );
/** Returns `refused` if the circuit did not run the call. */
const ok = async () => {
  const work = vi.fn(() => Promise.resolve());
  const end = await outcome(circuit.run(work));
  return work.mock.calls.length === 0 ? 'refused' : end;
};
const fail = (code: ErrorCode = 'SlsUnavailable', what?: string) =>
  outcome(circuit.run(() => failing(code, what)));
const failTimes = async (count: number) => {
  for (let n = 1; n <= count; n++) await fail('SlsUnavailable', `down, ${n}`);
};
/** Starts a call that the test ends. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const end = outcome(circuit.run(() => promise));
  return {
    succeed: () => {
      resolve('');
      return end;
    },
    fail: (code: ErrorCode) => {
      reject(new AdapterError(code, 'held'));
      return end;
    },
  };
}

describe('a circuit', () => {
  it('opens after the configured number of failures in a row, and then sends nothing', async () => {
    await failTimes(2);
    expect(circuit.phase).toBe('closed');
    await failTimes(1);
    expect(circuit.phase).toBe('open');
    let ran = false;
    const refused = circuit.run(() => Promise.resolve((ran = true)));
    await expect(refused).rejects.toMatchObject({ code: 'SlsUnavailable' });
    expect(ran).toBe(false);
  });

  it.each<ErrorCode>([
    'SlsUnavailable',
    'SlsTimeout',
    'SlsThrottled',
    'SlsReplyInvalid',
    'CredentialsRefused',
    'CredentialsMissing',
  ])('counts %s as a failure', async (code) => {
    for (let n = 0; n < 3; n++) expect(await fail(code)).toBe(code);
    expect(circuit.phase).toBe('open');
  });

  it.each<ErrorCode>([
    'ProjectNotFound',
    'LogstoreNotFound',
    'IndexMissing',
    'QueryRefused',
    'PermissionDenied',
    'SlsIncomplete',
    'ClockSkewed',
  ])('counts %s as an answer, which ends a row of failures', async (code) => {
    for (let n = 0; n < 10; n++) expect(await fail(code)).toBe(code);
    await failTimes(2);
    await fail(code);
    await failTimes(2);
    expect(circuit.phase).toBe('closed');
  });

  it('forgets earlier failures after a success', async () => {
    await failTimes(2);
    expect(await ok()).toBe('ok');
    await failTimes(2);
    expect(circuit.phase).toBe('closed');
  });

  it('ignores canceled calls', async () => {
    await failTimes(2);
    for (let n = 0; n < 10; n++) expect(await fail('Canceled')).toBe('Canceled');
    expect(circuit.phase).toBe('closed');
    await failTimes(1);
    expect(circuit.phase).toBe('open');
  });

  it('does not count a fault of the adapter, and passes it on unchanged', async () => {
    const fault = new TypeError('x is not a function');
    for (let n = 0; n < 5; n++) await expect(circuit.run(() => Promise.reject(fault))).rejects.toBe(fault);
    expect(circuit.phase).toBe('closed');
  });
});

describe('an open circuit', () => {
  beforeEach(() => failTimes(3));

  it('refuses with the code, message, remedy and request of the last failure, and is not retried', async () => {
    const remedy = 'Call us.';
    const cause = new Error('all of it');
    const last = new AdapterError('SlsThrottled', 'busy', { remedy, cause, slsRequestId: 'R1' });
    nowMs += openMs;
    await circuit.run(() => Promise.reject(last)).catch(() => undefined);
    const refused = await circuit
      .run(() => Promise.resolve())
      .catch((error: unknown) => error as AdapterError);
    expect(refused).toMatchObject({
      code: 'SlsThrottled',
      message: 'busy; asked again every 5 s. Call us.',
      cause,
      slsRequestId: 'R1',
      retryable: false,
    });
  });

  it('has one message for a failure that repeats, whether a call is refused or is the probe', async () => {
    const messages = new Set<string>();
    for (let second = 0; second < 30; second += 1) {
      nowMs += 1000;
      const call = circuit.run(() => failing('SlsUnavailable', 'down, 3'));
      messages.add(
        await call.then(
          () => 'ok',
          (error: unknown) => (error as Error).message,
        ),
      );
    }
    expect([...messages]).toEqual([
      expect.stringMatching(/^down, 3; asked again every 5 s\. Check sls\.region/),
    ]);
  });

  it('lets one probe through once its time is over, and refuses other calls at once meanwhile', async () => {
    nowMs += openMs;
    const probe = held();
    expect(circuit.phase).toBe('half-open');
    for (let n = 0; n < 5; n++) expect(await ok()).toBe('refused');
    expect(await probe.succeed()).toBe('ok');
    expect(await ok()).toBe('ok');
  });

  it('reports with refusal() what run() would throw, without running anything', async () => {
    expect(circuit.refusal()).toMatchObject({ code: 'SlsUnavailable' });
    nowMs += openMs;
    expect(circuit.refusal()).toBeUndefined();
    const probe = held();
    expect(circuit.refusal()).toMatchObject({ code: 'SlsUnavailable' });
    await probe.succeed();
    expect(circuit.refusal()).toBeUndefined();
  });

  it('closes after a probe that got any answer', async () => {
    nowMs += openMs;
    expect(await fail('LogstoreNotFound')).toBe('LogstoreNotFound');
    expect(circuit.phase).toBe('closed');
    await failTimes(2);
    expect(circuit.phase).toBe('closed');
  });

  it('stays open for the same time again after a failed probe', async () => {
    for (let n = 0; n < 5; n++) {
      nowMs += openMs;
      expect(await fail('SlsTimeout')).toBe('SlsTimeout');
      nowMs += openMs - 1;
      expect(await ok()).toBe('refused');
      nowMs += 1 - openMs;
    }
    nowMs += openMs;
    expect(await ok()).toBe('ok');
  });

  it('stays open for its time counted from when the failing query was sent, not from when it failed', async () => {
    nowMs += openMs;
    const short = held();
    nowMs += openMs - 1;
    expect(await short.fail('SlsTimeout')).toBe('SlsTimeout');
    expect(await ok()).toBe('refused');
    nowMs += 1;
    const long = held();
    nowMs += 2 * openMs;
    expect(await long.fail('SlsTimeout')).toBe('SlsTimeout');
    const next = held();
    expect(await ok()).toBe('refused');
    expect(await next.succeed()).toBe('ok');
  });

  it('stays open after a canceled probe, and the next call is the probe', async () => {
    nowMs += openMs;
    for (let n = 0; n < 3; n++) {
      const probe = held();
      expect(await ok()).toBe('refused');
      expect(await probe.fail('Canceled')).toBe('Canceled');
      expect(circuit.phase).toBe('open');
    }
    expect(await ok()).toBe('ok');
    expect(circuit.phase).toBe('closed');
  });

  it('reports its opening once per outage, and its closing', async () => {
    for (let n = 0; n < 3; n++) {
      nowMs += openMs;
      await fail('SlsThrottled');
    }
    nowMs += openMs;
    await fail('Canceled');
    expect(events).toEqual(['opened: down, 3']);
    expect(await ok()).toBe('ok');
    expect(events).toEqual(['opened: down, 3', 'closed']);
    await failTimes(3);
    expect(events).toHaveLength(3);
  });

  it('ignores steps of the system clock', async () => {
    const { now } = Date;
    try {
      for (const stepMs of [3_600_000, -3_600_000]) {
        Date.now = () => now() + stepMs;
        expect(await ok()).toBe('refused');
      }
      nowMs += openMs;
      expect(await ok()).toBe('ok');
    } finally {
      Date.now = now;
    }
  });
});

describe('a call that was sent before the circuit opened', () => {
  it('neither fails nor ends a probe, and does not count after the circuit closed', async () => {
    const early = Array.from({ length: 6 }, () => held());
    await failTimes(3);
    nowMs += openMs;
    const probe = held();
    expect(await early[0]?.fail('SlsTimeout')).toBe('SlsTimeout');
    expect(await early[1]?.succeed()).toBe('ok');
    expect(circuit.phase).toBe('half-open');
    expect(await probe.succeed()).toBe('ok');
    expect(circuit.phase).toBe('closed');
    for (const one of early.slice(2)) expect(await one.fail('SlsTimeout')).toBe('SlsTimeout');
    expect(circuit.phase).toBe('closed');
  });
});
