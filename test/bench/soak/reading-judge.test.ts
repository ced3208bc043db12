import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { soakLogstores, soakRoutes } from '../../../bench/soak/routes.ts';
import { SoakLog } from '../../../bench/soak/log.ts';
import { ReadingJudge } from '../../../bench/soak/reading-judge.ts';
import type { HpaRead } from '../../../bench/soak/hpas.ts';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';

const endSeconds = 1_800_000_000;
const clock = { now: () => (endSeconds + 10) * 1000 };
const routes = soakRoutes(40);
/** One line in 3 seconds: 5 in 15, as 333.33 milli a second. */
const [route] = routes;
/** Nothing is logged of it. */
const silent = routes[22];

let emulator: Emulator;
let log: SoakLog;
beforeAll(async () => {
  emulator = await startEmulator({
    listenHost: '127.0.0.1',
    listenPort: 0,
    logstores: soakLogstores,
    clock,
  });
  log = new SoakLog(emulator, routes);
  await log.put(endSeconds - 60, endSeconds);
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

function judged(reply: ReturnType<typeof replyOf>, read = readOf({})): ReadingJudge {
  const judge = new ReadingJudge(log, { mostAgeSeconds: 60, clock });
  judge.judge(read, reply, performance.now());
  return judge;
}

describe('what is read', () => {
  it('is right where it is what the log has', () => {
    expect(judged(replyOf({ value: '334m' }))).toMatchObject({ right: 1, faults: [] });
    const whole = judged(
      replyOf({ value: '400', window: 30 }),
      readOf({ metric: 'sls_ingress_inflow', intervalSeconds: 30 }),
    );
    expect(whole.faults).toEqual([expect.stringMatching(/^400000 milli instead of 133334/)]);
    const silence = readOf({ routes: silent && [silent], logstore: 'nginx-ingress-2' });
    expect(judged(replyOf({ value: '0' }), silence)).toMatchObject({ right: 1, faults: [] });
  });

  it.each([
    ['another number', { value: '333m' }, /^333 milli instead of 334/],
    ['a false 0', { value: '0' }, /^0 milli instead of 334/],
    ['no number', { value: '1.5e3' }, /^NaN milli/],
    ['another window', { value: '334m', window: 30 }, /^a window of 30 s/],
    ['an old one', { value: '334m', endSeconds: endSeconds - 51 }, /^61\.0 s old/],
    ['one of the future', { value: '334m', endSeconds: endSeconds + 11 }, /^-1\.0 s old/],
    ['one of no log', { value: '334m', endSeconds: endSeconds + 1 }, /no log/],
  ])('is wrong where it is %s', (_, item, fault) => {
    expect(judged(replyOf(item))).toMatchObject({ right: 0, faults: [expect.stringMatching(fault)] });
  });

  it('is wrong where items are missing', () => {
    expect(judged(replyOf()).faults).toEqual([expect.stringMatching(/^0 items instead of 1/)]);
  });

  it('counts all that is logged where no route is asked for', () => {
    const lines = log.count('nginx-ingress-0', undefined, endSeconds - 15, endSeconds) ?? 0;
    expect(lines).toBeGreaterThan(10);
    const reply = replyOf({ value: `${Math.ceil((lines * 1000) / 15)}m` });
    expect(judged(reply, readOf({ routes: undefined })).right).toBe(1);
  });

  it('may fail while SLS is in trouble, and for a while after, and then no more', () => {
    const judge = new ReadingJudge(log, { mostAgeSeconds: 60, clock });
    const fail = (status: number) => judge.judge(readOf({}), failureOf(status), performance.now());
    fail(503);
    expect(judge).toMatchObject({ excused: 0, faults: [expect.stringMatching(/^503 instead of 200/)] });
    const trouble = judge.excuse();
    fail(503);
    fail(504);
    expect(judge.excused).toBe(2);
    fail(500);
    expect(judge.faults).toHaveLength(2);
    trouble.endIn(-1);
    fail(503);
    expect(judge.faults).toHaveLength(3);
  });

  it('is refused where it must be, and only there', () => {
    expect(judged(failureOf(400), readOf({ refusedWith: 400 }))).toMatchObject({ refused: 1, faults: [] });
    expect(judged(replyOf({ value: '334m' }), readOf({ refusedWith: 400 })).faults).toHaveLength(1);
  });
});

describe('the log of a soak', () => {
  it('holds in SLS what is counted of it', () => {
    const counted = soakLogstores.map(({ logstore }) =>
      log.count(logstore, undefined, endSeconds - 60, endSeconds),
    );
    expect(counted.reduce<number>((sum, lines) => sum + (lines ?? Number.NaN), 0)).toBe(
      emulator.stats().rows,
    );
  });

  it('knows no count beyond what was put', () => {
    expect(log.count('nginx-ingress-0', undefined, endSeconds - 61, endSeconds)).toBeUndefined();
    expect(log.count('nginx-ingress-0', undefined, endSeconds - 1, endSeconds + 1)).toBeUndefined();
  });
});
