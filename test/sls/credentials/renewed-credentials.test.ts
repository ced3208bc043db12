import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { AdapterError } from '../../../src/errors.ts';
import type { Credentials } from '../../../src/sls/credentials/credentials.ts';
import type { Lease } from '../../../src/sls/credentials/credentials.ts';
import { RenewedCredentials } from '../../../src/sls/credentials/renewed-credentials.ts';
import { TestClock } from '../../support/test-clock.ts';
import { waitFor } from '../../support/wait-for.ts';

const clock = new TestClock();
let asked = 0;
/** What the source does when it is asked; by default it gives a session of an hour. */
let answer: () => Promise<Lease>;
let events: string[] = [];

const key = (id: string): Credentials => ({ accessKeyId: id, accessKeySecret: 's', securityToken: 't' });
const session = (seconds: number): Promise<Lease> =>
  Promise.resolve({ credentials: key(`key-${asked}`), expiresAtMs: clock.nowMs + seconds * 1000 });
const create = () =>
  new RenewedCredentials({
    name: 'test',
    origin: () => {
      asked += 1;
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
  asked = 0;
  events = [];
  answer = () => session(3600);
});

it.each<[string, Partial<Credentials>]>([
  ['access key ID', { accessKeyId: 'a\nb' }],
  ['access key ID', { accessKeyId: '“a”' }],
  ['access key secret', { accessKeySecret: 'Pl4nted secret' }],
  ['security token', { securityToken: 'Pl4nted\u00a0' }],
])('no key has such an %s: %j', async (what, wrong) => {
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
  it('are asked for once by all who ask at a time, and kept', async () => {
    const source = create();
    expect([asked, source.expiresAtMs]).toEqual([0, undefined]);
    await Promise.all(Array.from({ length: 20 }, () => source.current()));
    seconds(2600);
    expect([await idOf(source), asked]).toEqual(['key-1', 1]);
    expect(source.expiresAtMs).toBe(clock.nowMs + 1_000_000);
  });

  it.each([
    [3600, 2700],
    [43_200, 42_300],
    [900, 600],
    [30, 20],
  ])('of %d s are renewed after %d s, while nobody waits', async (lifetime, renewal) => {
    answer = () => session(lifetime);
    const source = create();
    await source.current();
    seconds(renewal - 1);
    await source.current();
    expect(asked).toBe(1);
    seconds(1);
    const renewed = Promise.withResolvers<Lease>();
    answer = () => renewed.promise;
    // The source does not answer, and still these two are served, from one flight.
    expect([await idOf(source), await idOf(source), asked]).toEqual(['key-1', 'key-1', 2]);
    renewed.resolve(await session(lifetime));
    await waitFor(async () => (await idOf(source)) === 'key-2');
    expect(asked).toBe(2);
  });

  it('are waited for once too little time is left', async () => {
    const source = create();
    await source.current();
    seconds(3591);
    expect(await idOf(source)).toBe('key-2');
  });

  it('are used while they cannot be renewed, told of once, and asked for every 10 s', async () => {
    const source = create();
    await source.current();
    seconds(2700);
    answer = () => Promise.reject(new Error('down.'));
    for (let second = 0; second < 25; second += 1) {
      expect(await idOf(source)).toBe('key-1');
      await Promise.resolve();
      seconds(1);
    }
    expect(asked).toBe(4);
    expect(events).toEqual(['test failing: no credentials for SLS (test): down']);
    answer = () => session(3600);
    seconds(10);
    await source.current();
    await waitFor(async () => (await idOf(source)) === 'key-5');
    expect(events.slice(1)).toEqual(['test recovered']);
  });

  it('are never used past their end', async () => {
    const source = create();
    await source.current();
    answer = () => Promise.reject(new Error('down'));
    seconds(3600);
    await expect(source.current()).rejects.toMatchObject({ code: 'CredentialsMissing' });
  });

  it('end by the clock as well, which may have been set', async () => {
    let monotonicMs = 0;
    const origin = () => ((asked += 1), session(3600));
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

  it('that end while they are renewed in vain harm nobody but who asks then', async () => {
    const source = create();
    await source.current();
    const renewal = Promise.withResolvers<Lease>();
    answer = () => renewal.promise;
    seconds(3000);
    expect(await idOf(source)).toBe('key-1');
    seconds(600);
    // Nobody waits for this one: the next who asks hears of it.
    renewal.reject(new Error('down'));
    await setImmediate();
    await expect(source.current()).rejects.toMatchObject({ what: 'no credentials for SLS (test): down' });
  });

  it('that have ended already are refused, with both times', async () => {
    answer = () => session(-60);
    const error = await create()
      .current()
      .catch((thrown: unknown) => thrown as AdapterError);
    expect(error).toMatchObject({ code: 'CredentialsMissing' });
    expect((error as AdapterError).what).toMatch(/they expired at \S+Z, and it is now \S+Z$/);
  });
});

describe('a source that gives none', () => {
  it('is asked once a second, however many ask', async () => {
    answer = () => Promise.reject(new Error('no role'));
    const source = create();
    for (let count = 0; count < 5; count += 1) {
      await expect(source.current()).rejects.toThrow('no credentials for SLS (test): no role');
      seconds(0.1);
    }
    expect(asked).toBe(1);
    seconds(0.5);
    answer = () => session(3600);
    expect(await idOf(source)).toBe('key-2');
  });

  it('passes on what the credentials it is based on say', async () => {
    const own = new AdapterError('CredentialsMissing', 'of the base');
    answer = () => Promise.reject(own);
    await expect(create().current()).rejects.toBe(own);
  });
});

describe('credentials that are looked at again', () => {
  const file = (id: string) => (): Promise<Lease> =>
    Promise.resolve({ credentials: key(id), recheck: { afterMs: 1000, inBackground: false } });

  it('are so before the next use, and stand where that fails', async () => {
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

describe('credentials that SLS refuses', () => {
  beforeEach(() => {
    answer = () => Promise.resolve({ credentials: key(`key-${asked}`) });
  });

  it('are asked for anew by the next who asks', async () => {
    const source = create();
    source.refused(await source.current());
    expect([await idOf(source), asked]).toEqual(['key-2', 2]);
  });

  it('are asked for anew every 5 s at most', async () => {
    answer = () => Promise.resolve({ credentials: key('wrong') });
    const source = create();
    for (let tenth = 0; tenth < 100; tenth += 1) {
      source.refused(await source.current());
      seconds(0.1);
    }
    await source.current();
    expect(asked).toBe(3);
  });

  it('are left alone where others are held by now', async () => {
    const source = create();
    const old = await source.current();
    source.refused(old);
    await source.current();
    seconds(60);
    source.refused(old);
    expect([await idOf(source), asked]).toEqual(['key-2', 2]);
  });

  it('are not used again where there are no others', async () => {
    const source = create();
    source.refused(await source.current());
    answer = () => Promise.reject(new Error('gone'));
    await expect(source.current()).rejects.toThrow('gone');
    seconds(60);
    await expect(source.current()).rejects.toThrow('gone');
    expect(asked).toBe(3);
  });
});
