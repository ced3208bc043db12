import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { soakLogstores, soakRoutes } from '../../../bench/soak/routes.ts';
import { SoakLog } from '../../../bench/soak/log.ts';
import { ReadingChecker } from '../../../bench/soak/reading-checker.ts';
import type { HpaRead } from '../../../bench/soak/hpas.ts';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';

const endSeconds = 1_800_000_000;
const clock = { now: () => (endSeconds + 10) * 1000 };
const routes = soakRoutes(40);
/** One line every 3 seconds: 5 lines in 15 s, or 333.33 milli per second. */
const [route] = routes;
/** A route without any line. */
const silent = routes[22];

let emulator: Emulator;
let log: SoakLog;
beforeAll(async () => {
  emulator = await startEmulator({ logstores: soakLogstores, clock });
  log = new SoakLog(emulator, routes);
  await log.write(endSeconds - 60, endSeconds);
});
afterAll(() => emulator.stop());

const readOf = (fields: Partial<HpaRead>): HpaRead => ({
  metric: 'sls_ingress_qps',
  path: '/read',
  logstore: 'nginx-ingress-0',
  routes: route && [route],
  intervalSeconds: 15,
  refusedWith: undefined,
  ...fields,
});

interface Item {
  readonly value: string;
  readonly window?: number;
  readonly endSeconds?: number;
}
const replyOf = (...items: readonly Item[]) => ({
  status: 200,
  isJson: true,
  body: Buffer.from(
    JSON.stringify({
      items: items.map((item) => ({
        value: item.value,
        window: item.window ?? 15,
        timestamp: new Date((item.endSeconds ?? endSeconds) * 1000).toISOString(),
      })),
    }),
  ),
});
const failureOf = (status: number) => ({ status, isJson: true, body: Buffer.from('no') });

function checked(reply: ReturnType<typeof replyOf>, read = readOf({})): ReadingChecker {
  const checker = new ReadingChecker(log, { maxAgeSeconds: 60, clock });
  checker.check(read, reply, performance.now());
  return checker;
}

describe('a reading in the soak', () => {
  it('is correct if its value matches the log', () => {
    expect(checked(replyOf({ value: '334m' }))).toMatchObject({ correct: 1, faults: [] });
    const whole = checked(
      replyOf({ value: '400', window: 30 }),
      readOf({ metric: 'sls_ingress_inflow', intervalSeconds: 30 }),
    );
    expect(whole.faults).toEqual([expect.stringMatching(/^400000 milli instead of 133334/)]);
    const silence = readOf({ routes: silent && [silent], logstore: 'nginx-ingress-2' });
    expect(checked(replyOf({ value: '0' }), silence)).toMatchObject({ correct: 1, faults: [] });
  });

  it.each([
    ['a wrong value', { value: '333m' }, /^333 milli instead of 334/],
    ['0 instead of a value', { value: '0' }, /^0 milli instead of 334/],
    ['a value that is not a number', { value: '1.5e3' }, /^NaN milli/],
    ['another window', { value: '334m', window: 30 }, /^a window of 30 s/],
    ['a window that ended too long ago', { value: '334m', endSeconds: endSeconds - 51 }, /^61\.0 s old/],
    ['a window that ends in the future', { value: '334m', endSeconds: endSeconds + 11 }, /^-1\.0 s old/],
    [
      'a window where the log was not written',
      { value: '334m', endSeconds: endSeconds + 1 },
      /the log was not written/,
    ],
  ])('is a fault if it has %s', (_, item, fault) => {
    expect(checked(replyOf(item))).toMatchObject({ correct: 0, faults: [expect.stringMatching(fault)] });
  });

  it('is a fault if items are missing', () => {
    expect(checked(replyOf()).faults).toEqual([expect.stringMatching(/^0 items instead of 1/)]);
  });

  it('must have the lines of the whole logstore if it names no route', () => {
    const lines = log.count('nginx-ingress-0', undefined, endSeconds - 15, endSeconds) ?? 0;
    expect(lines).toBeGreaterThan(10);
    const reply = replyOf({ value: `${Math.ceil((lines * 1000) / 15)}m` });
    expect(checked(reply, readOf({ routes: undefined })).correct).toBe(1);
  });

  it('may fail with 503 or 504, and with nothing else, while other work keeps the machine busy', () => {
    const checker = new ReadingChecker(log, { maxAgeSeconds: 60, clock });
    for (const status of [503, 504, 500])
      checker.check(readOf({}), failureOf(status), performance.now(), true);
    expect(checker).toMatchObject({ delayed: 2, faults: [expect.stringMatching(/^500 instead of 200/)] });
  });

  it('may fail with 503 or 504 only while failures are tolerated', () => {
    const checker = new ReadingChecker(log, { maxAgeSeconds: 60, clock });
    const fail = (status: number) => checker.check(readOf({}), failureOf(status), performance.now());
    fail(503);
    expect(checker).toMatchObject({ tolerated: 0, faults: [expect.stringMatching(/^503 instead of 200/)] });
    const tolerance = checker.tolerateFailures();
    fail(503);
    fail(504);
    expect(checker.tolerated).toBe(2);
    fail(500);
    expect(checker.faults).toHaveLength(2);
    tolerance.endIn(-1);
    fail(503);
    expect(checker.faults).toHaveLength(3);
  });

  it('must be refused if and only if a refusal is expected', () => {
    expect(checked(failureOf(400), readOf({ refusedWith: 400 }))).toMatchObject({ refused: 1, faults: [] });
    expect(checked(replyOf({ value: '334m' }), readOf({ refusedWith: 400 })).faults).toHaveLength(1);
  });
});

describe('the log of a soak', () => {
  it('has as many lines in SLS as it counts', () => {
    const counted = soakLogstores.map(({ logstore }) =>
      log.count(logstore, undefined, endSeconds - 60, endSeconds),
    );
    expect(counted.reduce<number>((sum, lines) => sum + (lines ?? Number.NaN), 0)).toBe(
      emulator.stats().rows,
    );
  });

  it('has no count for a window that was not fully written', () => {
    expect(log.count('nginx-ingress-0', undefined, endSeconds - 61, endSeconds)).toBeUndefined();
    expect(log.count('nginx-ingress-0', undefined, endSeconds - 1, endSeconds + 1)).toBeUndefined();
  });
});
