import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/errors.ts';
import type { Credentials } from '../../../src/sls/credentials/credentials.ts';
import type { Lease } from '../../../src/sls/credentials/credentials.ts';
import { RenewedCredentials } from '../../../src/sls/credentials/renewed-credentials.ts';
import { TestClock } from '../../support/test-clock.ts';
import { waitFor } from '../../support/wait-for.ts';

const clock = new TestClock();
let fetches = 0;
/** What the origin returns; by default a session of one hour. */
let answer: () => Promise<Lease>;
let events: string[] = [];

const key = (id: string): Credentials => ({ accessKeyId: id, accessKeySecret: 's', securityToken: 't' });
const session = (seconds: number): Promise<Lease> =>
  Promise.resolve({ credentials: key(`key-${fetches}`), expiresAtMs: clock.nowMs + seconds * 1000 });
const create = () =>
  new RenewedCredentials({
    name: 'test',
    origin: () => {
      fetches += 1;
      return answer();
    },
    clock,
    monotonicMs: () => clock.nowMs,
    observer: {
      credentialsFailing: ({ identity, error }) => events.push(`${identity} failing: ${error.what}`),
      credentialsRecovered: ({ identity }) => events.push(`${identity} recovered`),
    },
  });
const idOf = async (source: RenewedCredentials) => (await source.current()).accessKeyId;
const seconds = (count: number) => clock.advance(count * 1000);

beforeEach(() => {
  fetches = 0;
  events = [];
  answer = () => session(3600);
});

it.each<[string, Partial<Credentials>]>([
  ['access key ID', { accessKeyId: 'a\nb' }],
  ['access key ID', { accessKeyId: '“a”' }],
  ['access key secret', { accessKeySecret: 'Pl4nted secret' }],
  ['security token', { securityToken: 'Pl4nted\u00a0' }],
])('refuses a character that no %s has: %j', async (what, wrong) => {
  answer = () => Promise.resolve({ credentials: { ...key('a'), ...wrong } });
  const failure = await create()
    .current()
    .catch((error: unknown) => error as AdapterError);
  expect(failure).toMatchObject({
    code: 'CredentialsMissing',
    what: `no credentials for SLS (test): the ${what} contains a character that no key has, such as a space, a line feed or a curly quote`,
  });
});

describe('credentials that expire', () => {
  it('are fetched once for simultaneous callers, and kept', async () => {
    const source = create();
    expect([fetches, source.expiresAtMs]).toEqual([0, undefined]);
    await Promise.all(Array.from({ length: 20 }, () => source.current()));
    seconds(2600);
    expect([await idOf(source), fetches]).toEqual(['key-1', 1]);
    expect(source.expiresAtMs).toBe(clock.nowMs + 1_000_000);
  });

  it.each([
    [3600, 2700],
    [43_200, 42_300],
    [900, 600],
    [30, 20],
  ])(
    'with a lifetime of %d s are renewed after %d s, without a caller that waits',
    async (lifetime, renewal) => {
      answer = () => session(lifetime);
      const source = create();
      await source.current();
      seconds(renewal - 1);
      await source.current();
      expect(fetches).toBe(1);
      seconds(1);
      const renewed = Promise.withResolvers<Lease>();
      answer = () => renewed.promise;
      // The origin does not answer; both calls are still served, and one renewal is pending.
      expect([await idOf(source), await idOf(source), fetches]).toEqual(['key-1', 'key-1', 2]);
      renewed.resolve(await session(lifetime));
      await waitFor(async () => (await idOf(source)) === 'key-2');
      expect(fetches).toBe(2);
    },
  );

  it('make callers wait once too little time is left', async () => {
    const source = create();
    await source.current();
    seconds(3591);
    expect(await idOf(source)).toBe('key-2');
  });

  it('stay in use while renewal fails, which is reported once and retried every 10 s', async () => {
    const source = create();
    await source.current();
    seconds(2700);
    answer = () => Promise.reject(new Error('down.'));
    for (let second = 0; second < 25; second += 1) {
      expect(await idOf(source)).toBe('key-1');
      await Promise.resolve();
      seconds(1);
    }
    expect(fetches).toBe(4);
    expect(events).toEqual(['test failing: no credentials for SLS (test): down']);
    answer = () => session(3600);
    seconds(10);
    await source.current();
    await waitFor(async () => (await idOf(source)) === 'key-5');
    expect(events.slice(1)).toEqual(['test recovered']);
  });

  it('are never used after they expired', async () => {
    const source = create();
    await source.current();
    answer = () => Promise.reject(new Error('down'));
    seconds(3600);
    await expect(source.current()).rejects.toMatchObject({ code: 'CredentialsMissing' });
  });

  it('expire by the system clock as well as by the monotonic clock', async () => {
    let monotonicMs = 0;
    const origin = () => ((fetches += 1), session(3600));
    const observer = { credentialsFailing: () => undefined, credentialsRecovered: () => undefined };
    const source = new RenewedCredentials({
      name: 'x',
      origin,
      clock,
      monotonicMs: () => monotonicMs,
      observer,
    });
    await source.current();
    seconds(3600);
    expect(await idOf(source)).toBe('key-2');
    monotonicMs += 3_600_000;
    expect(await idOf(source)).toBe('key-3');
  });

  it('that expire during a failing renewal fail only the next caller', async () => {
    const source = create();
    await source.current();
    const renewal = Promise.withResolvers<Lease>();
    answer = () => renewal.promise;
    seconds(3000);
    expect(await idOf(source)).toBe('key-1');
    seconds(600);
    // No caller waits for this renewal; the next caller gets its error.
    renewal.reject(new Error('down'));
    await setImmediate();
    await expect(source.current()).rejects.toMatchObject({ what: 'no credentials for SLS (test): down' });
  });

  it('that have already expired are refused, with both times in the cause', async () => {
    answer = () => session(-60);
    const error = await create()
      .current()
      .catch((thrown: unknown) => thrown as AdapterError);
    expect(error).toMatchObject({ code: 'CredentialsMissing' });
    expect(String((error as AdapterError).cause)).toMatch(/they expired at \S+Z, and it is now \S+Z$/);
  });
});

describe('an origin that fails', () => {
  it('is called once a second, however many callers there are', async () => {
    answer = () => Promise.reject(new Error('no role'));
    const source = create();
    for (let count = 0; count < 5; count += 1) {
      await expect(source.current()).rejects.toThrow('no credentials for SLS (test): no role');
      seconds(0.1);
    }
    expect(fetches).toBe(1);
    seconds(0.5);
    answer = () => session(3600);
    expect(await idOf(source)).toBe('key-2');
  });

  it('passes on an AdapterError of its base credentials', async () => {
    const own = new AdapterError('CredentialsMissing', 'of the base');
    answer = () => Promise.reject(own);
    await expect(create().current()).rejects.toBe(own);
  });
});

describe('credentials that are rechecked', () => {
  const file = (id: string) => (): Promise<Lease> =>
    Promise.resolve({ credentials: key(id), recheck: { afterMs: 1000, inBackground: false } });

  it('are fetched again before the next use, and stay in use if that fails', async () => {
    answer = file('a');
    const source = create();
    await source.current();
    answer = file('b');
    seconds(0.9);
    expect(await idOf(source)).toBe('a');
    seconds(0.1);
    expect(await idOf(source)).toBe('b');
    answer = () => Promise.reject(new Error('gone'));
    seconds(1);
    expect(await idOf(source)).toBe('b');
    expect(events).toEqual(['test failing: no credentials for SLS (test): gone']);
  });
});

describe('credentials that SLS refused', () => {
  beforeEach(() => {
    answer = () => Promise.resolve({ credentials: key(`key-${fetches}`) });
  });

  it('are fetched again by the next call', async () => {
    const source = create();
    source.refused(await source.current());
    expect([await idOf(source), fetches]).toEqual(['key-2', 2]);
  });

  it('are fetched again at most every 5 s', async () => {
    answer = () => Promise.resolve({ credentials: key('wrong') });
    const source = create();
    for (let tenth = 0; tenth < 100; tenth += 1) {
      source.refused(await source.current());
      seconds(0.1);
    }
    await source.current();
    expect(fetches).toBe(3);
  });

  it('are not fetched again if they were replaced meanwhile', async () => {
    const source = create();
    const old = await source.current();
    source.refused(old);
    await source.current();
    seconds(60);
    source.refused(old);
    expect([await idOf(source), fetches]).toEqual(['key-2', 2]);
  });

  it('are not used again if no others can be fetched', async () => {
    const source = create();
    source.refused(await source.current());
    answer = () => Promise.reject(new Error('gone'));
    await expect(source.current()).rejects.toThrow('gone');
    seconds(60);
    await expect(source.current()).rejects.toThrow('gone');
    expect(fetches).toBe(3);
  });
});
