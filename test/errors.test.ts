import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  AdapterError,
  errorRegistry,
  toAdapterError,
  toListenError,
  type ErrorCode,
  type ErrorEntry,
} from '../src/errors.ts';
import { expectGenerated } from './support/generated-document.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const entries = Object.entries(errorRegistry) as [ErrorCode, ErrorEntry][];
const codesWhere = (holds: (entry: ErrorEntry) => boolean) =>
  entries.filter(([, entry]) => holds(entry)).map(([code]) => code);

/** Statuses that the external metrics API may answer with. */
const statuses = [400, 401, 403, 404, 405, 406, 429, 431, 500, 503, 504];

describe('the error registry', () => {
  it.each(entries)('describes %s in full sentences', (_, { when, remedy }) => {
    expect(when).toMatch(/^[A-Z].*\.$/);
    expect(remedy).toMatch(/^[A-Z]/);
    expect(`${when}${remedy}`).not.toContain('\n');
  });

  it('uses only statuses that no client retries by itself', () => {
    expect(entries.filter(([, { httpStatus }]) => !statuses.includes(httpStatus))).toEqual([]);
  });

  it('answers 401 and 403 only to refuse the client: no failure of SLS looks like one', () => {
    const refusals = entries.filter(([, { httpStatus }]) => httpStatus === 401 || httpStatus === 403);
    expect(refusals.map(([code]) => code)).toEqual(['Unauthenticated', 'Forbidden', 'AccessDenied']);
  });

  it('retries only failures of SLS that may pass, which answer 503 or 504', () => {
    const retried = entries.filter(([, { retryable }]) => retryable);
    expect(retried.map(([code]) => code)).toEqual(expect.arrayContaining(['SlsThrottled', 'SlsIncomplete']));
    for (const [code, { httpStatus }] of retried) {
      expect(code).toMatch(/^Sls/);
      expect([503, 504]).toContain(httpStatus);
    }
  });

  it('opens the circuit of a project only for failures of SLS or of its credentials', () => {
    expect(codesWhere(({ opensCircuit }) => opensCircuit).sort()).toEqual([
      'AccountSuspended',
      'CredentialsMissing',
      'CredentialsRefused',
      'ServiceNotActivated',
      'SlsReplyInvalid',
      'SlsThrottled',
      'SlsTimeout',
      'SlsUnavailable',
    ]);
  });

  it('lets the parts of a query be asked one by one only where SLS refused what was asked for', () => {
    expect(codesWhere(({ splittable }) => splittable)).toEqual([
      'IndexMissing',
      'QueryTooLarge',
      'QueryRefused',
    ]);
  });

  it('counts only a canceled query as canceled', () => {
    expect(codesWhere(({ countsAs }) => countsAs === 'canceled')).toEqual(['Canceled']);
  });

  it('logs refused clients and canceled requests at debug, and only faults of the adapter at error', () => {
    expect(codesWhere(({ logLevel }) => logLevel === 'error')).toEqual(['Internal']);
    const refusals = codesWhere(({ httpStatus }) => [401, 403, 405, 406, 429].includes(httpStatus));
    expect(codesWhere(({ logLevel }) => logLevel === 'debug')).toEqual([
      ...refusals,
      'ForecastNotReady',
      'Canceled',
    ]);
  });

  it('is the table of docs/errors.md', () => expectGenerated('errors.md'));
});

describe('AdapterError', () => {
  it('has one line that says what was wrong and what to do', () => {
    const cause = new Error('socket hang up');
    const error = new AdapterError('SlsUnavailable', 'SLS, project p1: connection refused', { cause });
    expect(error.message).toBe(
      'SLS, project p1: connection refused. Check sls.region and sls.network (intranet in a VPC, else public), the network path to the endpoint, and the status of SLS in the region.',
    );
    expect(error).toMatchObject({
      name: 'AdapterError',
      what: 'SLS, project p1: connection refused',
      code: 'SlsUnavailable',
      httpStatus: 503,
      retryable: true,
      cause,
    });
  });

  it('puts the remedy on its own line below a list of faults', () => {
    const error = new AdapterError('ConfigInvalid', 'wrong configuration:\n  one\n  two');
    expect(error.message).toBe('wrong configuration:\n  one\n  two\nSee --help and docs/configuration.md.');
  });
});

it('an error that is kept keeps nothing else that the functions of its stack see', async () => {
  const fail = async (): Promise<[AdapterError, WeakRef<Buffer>]> => {
    const reply = Buffer.alloc(1e6);
    const read = async () => {
      await nextTurn();
      const cause = new Error(`of ${reply.length} bytes`);
      throw new AdapterError('SlsReplyInvalid', 'the reply cannot be read', { cause });
    };
    const error = await read().catch((thrown: unknown) => thrown);
    return [error as AdapterError, new WeakRef(reply)];
  };
  const [error, reply] = await fail();
  await nextTurn();
  collectGarbage();
  expect(reply.deref()).toBeUndefined();
  expect(error.stack).toContain('errors.test.ts');
});

describe('toAdapterError', () => {
  it('returns an AdapterError unchanged', () => {
    const error = new AdapterError('LabelMissing', 'label a is missing');
    expect(toAdapterError(error)).toBe(error);
  });

  it.each([
    [new TypeError('x is not a function'), 'x is not a function'],
    ['a string', 'a string'],
    [undefined, 'undefined'],
  ])('turns %s into Internal, and keeps it as the cause', (thrown, what) => {
    const error = toAdapterError(thrown);
    expect(error).toMatchObject({ code: 'Internal', httpStatus: 500, retryable: false, what });
    expect(error.cause).toBe(thrown);
  });
});

describe('toListenError', () => {
  const failure = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall });

  it.each([
    ['EADDRINUSE', 'listen', 'AddressInUse', 'another process listens on 127.0.0.1:80'],
    ['EACCES', 'listen', 'AddressUnusable', 'cannot listen on 127.0.0.1:80 (EACCES)'],
    ['EADDRNOTAVAIL', 'listen', 'AddressUnusable', 'cannot listen on 127.0.0.1:80 (EADDRNOTAVAIL)'],
    ['ENOTFOUND', 'getaddrinfo', 'AddressUnusable', 'cannot listen on 127.0.0.1:80 (ENOTFOUND)'],
    ['EACCES', 'open', 'Internal', 'EACCES'],
  ])('turns %s of %s into %s', (code, syscall, expected, what) => {
    const cause = failure(code, syscall);
    expect(toListenError(cause, '127.0.0.1:80')).toMatchObject({ code: expected, what, cause });
  });

  it('returns an AdapterError unchanged', () => {
    const error = new AdapterError('ConfigInvalid', 'no certificate');
    expect(toListenError(error, '127.0.0.1:80')).toBe(error);
  });

  it.each([undefined, null, 'a string'])('turns %j into Internal', (thrown) => {
    expect(toListenError(thrown, '127.0.0.1:80').code).toBe('Internal');
  });
});

it('an error that is kept does not hold the objects whose calls made it', async () => {
  class Caller {
    fail(): AdapterError {
      return new AdapterError('SlsTimeout', 'no answer');
    }
  }
  const call = () => {
    const caller = new Caller();
    return { error: caller.fail(), caller: new WeakRef(caller) };
  };
  const { error, caller } = call();
  await new Promise(setImmediate);
  collectGarbage();
  expect(caller.deref()).toBeUndefined();
  expect(error.code).toBe('SlsTimeout');
});
