import { describe, expect, it } from 'vitest';
import type { Administrator } from './administrator.ts';
import { OwnLogstore } from './own-logstore.ts';

const pace = { timeoutMs: 1000, pauseMs: 1 };
const signal = new AbortController().signal;
const errorOf = (code: string) => Object.assign(new Error(code), { code });

/** SLS that fails each call as often as told. */
function failing(failures: Partial<Record<keyof Administrator, readonly string[]>>) {
  const calls: string[] = [];
  const call = (name: keyof Administrator) => {
    const left = [...(failures[name] ?? [])];
    return (_: string, logstore: string) => {
      calls.push(`${name} ${logstore}`);
      const code = left.shift();
      return code === undefined ? Promise.resolve() : Promise.reject(errorOf(code));
    };
  };
  const administrator: Administrator = {
    createLogstore: call('createLogstore'),
    createIndex: call('createIndex'),
    write: call('write'),
    deleteLogstore: call('deleteLogstore'),
  };
  return { own: new OwnLogstore('p1', administrator, () => 0.5, pace), calls };
}

const name = 'sls-metrics-adapter-test-8888888888';

describe('the logstore of npm run test:sls', () => {
  it('is indexed and written again while SLS does not know it everywhere', async () => {
    const { own, calls } = failing({ createIndex: ['LogStoreNotExist'], write: ['LogStoreNotExist'] });
    await own.create(signal);
    await own.write([], signal);
    await own.delete();
    expect(calls.map((call) => call.split(' ')[0])).toEqual([
      'createLogstore',
      'createIndex',
      'createIndex',
      'write',
      'write',
      'deleteLogstore',
    ]);
    expect(new Set(calls.map((call) => call.split(' ')[1]))).toEqual(new Set([name]));
  });

  it('is deleted again if that fails, and is gone if SLS does not know it', async () => {
    const { own, calls } = failing({ deleteLogstore: ['ServerBusy', 'LogStoreNotExist'] });
    await own.create(signal);
    await own.delete();
    expect(calls.slice(-2)).toEqual([`deleteLogstore ${name}`, `deleteLogstore ${name}`]);
  });

  it('is deleted if it is not known whether it was made', async () => {
    const { own, calls } = failing({ createLogstore: ['RequestTimeout'] });
    await expect(own.create(signal)).rejects.toThrow('RequestTimeout');
    await own.delete();
    expect(calls.at(-1)).toBe(`deleteLogstore ${name}`);
  });

  it.each([
    ['it was not made', () => Promise.resolve(failing({}))],
    [
      'another one has its name',
      async () => {
        const parts = failing({ createLogstore: ['LogStoreAlreadyExist'] });
        await expect(parts.own.create(signal)).rejects.toThrow('LogStoreAlreadyExist');
        return parts;
      },
    ],
  ])('is not deleted if %s', async (_, prepare) => {
    const { own, calls } = await prepare();
    await own.delete();
    expect(calls.filter((call) => call.startsWith('deleteLogstore'))).toEqual([]);
  });
});
