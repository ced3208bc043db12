import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import { logstore, project, startAdapter, type TestAdapter } from '../../support/adapter.ts';
import { TestClock } from '../../support/test-clock.ts';

const clock = new TestClock();

/** Each read queries SLS, and no older reading is served. */
const file = `
reading: { freshnessSeconds: 0, maxStaleSeconds: 0 }
metrics:
  - name: web_lines
    description: Lines of the log
    unit: lines/s
    emptyWindow: zero
    sql: SELECT count(*) / {window} AS value, count(*) AS lines FROM log WHERE __time__ >= {from} AND __time__ < {to}
`;

const routes = { web: 'default-web-80', api: 'shop-api-http' };
const whole = { 'sls.project': project, 'sls.logstore': logstore };
/** What is read → the metric, its selector, and its value while all is well. */
const reads = {
  'two routes': ['sls_ingress_qps', { ...whole, 'sls.ingress.route': routes.web }, '5'],
  'the whole logstore': ['sls_ingress_qps', whole, '9'],
  'a status': ['sls_ingress_status_qps', { ...whole, 'sls.ingress.status': '2xx' }, '9'],
  'a fixed delay': ['sls_ingress_requests', { ...whole, 'sls.query.delay': '20' }, '135'],
  'an own SELECT': ['web_lines', whole, '9'],
  'a latency': ['sls_ingress_latency_avg', whole, '50'],
} as const;

let emulator: Emulator;
let adapter: TestAdapter;
/** The second after the last line. */
let stoppedAt: number;

const startAgain = async () => {
  await adapter[Symbol.asyncDispose]();
  adapter = await startAdapter({ slsEndpoint: emulator.url }, { clock }, file);
};

/** Logs 9 lines a second for two minutes until now. */
async function logTwoMinutes(): Promise<void> {
  const of = (second: number, route: string, lines: number) =>
    Array.from({ length: lines }, () => ({
      timeSeconds: second,
      fields: {
        ...{ proxy_upstream_name: route, proxy_alternative_upstream_name: '' },
        ...{ status: '200', request_time: '0.05' },
      },
    }));
  stoppedAt = clock.nowSeconds;
  const seconds = Array.from({ length: 120 }, (_, index) => stoppedAt - 120 + index);
  const lines = seconds.flatMap((second) => [...of(second, routes.web, 5), ...of(second, routes.api, 4)]);
  await emulator.sink(project, logstore).append(lines);
}

beforeAll(async () => {
  emulator = await startEmulator({ ...{ clock }, logstores: [{ project, logstore }] });
  adapter = await startAdapter({ slsEndpoint: emulator.url }, { clock }, file);
});
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});

const read = async (what: keyof typeof reads) => {
  const [metric, labels] = reads[what];
  const { statusCode, body } = await adapter.read(metric, labels);
  const { items = [], message = '' } = body as { items?: { value: string }[]; message?: string };
  return { statusCode, value: items[0]?.value, message };
};

/** Sets the clock so that so many seconds of the window of a delay of 10 s have no line. */
const setGap = (seconds: number) => {
  clock.nowMs = (stoppedAt + 10 + seconds) * 1000;
};

describe('a logstore that stops at once', () => {
  beforeEach(async () => {
    await logTwoMinutes();
    await startAgain();
  });

  it.each(Object.keys(reads) as (keyof typeof reads)[])(
    'reads %s as an error, never as a number that is too low',
    async (what) => {
      setGap(0);
      expect(await read(what)).toMatchObject({ statusCode: 200, value: reads[what][2] });
      const messages = new Set<string>();
      for (const gap of what === 'a fixed delay' ? [14, 40, 300] : [4, 8, 16, 24, 40, 120, 400]) {
        setGap(gap);
        const { statusCode, message } = await read(what);
        expect([gap, statusCode]).toEqual([gap, 503]);
        messages.add(message);
      }
      const time = new Date((stoppedAt - 1) * 1000).toISOString().slice(11, 19);
      expect([...messages]).toEqual([
        expect.stringMatching(
          `no line at all in ${project}/${logstore} since ${time} UTC, where 540 a minute came before: the collector or the ingress controller may be down(?!, or)`,
        ),
      ]);
      clock.advance(30_000);
    },
  );

  it('reads its routes as an error if lines come in another form, which have no route', async () => {
    const seconds = Array.from({ length: 610 }, (_, index) => stoppedAt + index);
    const lines = seconds.map((timeSeconds) => ({ timeSeconds, fields: { content: 'another form' } }));
    await emulator.sink(project, logstore).append(lines);
    for (const gap of [4, 8, 40, 120, 400]) {
      setGap(gap);
      const { statusCode, message } = await read('two routes');
      expect([gap, statusCode]).toEqual([gap, 503]);
      expect(message).toMatch(
        /no line with proxy_upstream_name, only lines without it, in .*, or the log has another form/,
      );
    }
    expect(await read('the whole logstore')).toMatchObject({ statusCode: 200, value: '1' });
    setGap(600);
    expect(await read('two routes')).toMatchObject({ statusCode: 200, value: '0' });
    clock.advance(30_000);
  });

  it('reads as an error also after a restart, and as 0 once 0 is believed', async () => {
    setGap(100);
    await startAgain();
    expect(await read('the whole logstore')).toMatchObject({ statusCode: 503 });
    setGap(599);
    expect(await read('the whole logstore')).toMatchObject({ statusCode: 503 });
    setGap(600);
    expect(await read('the whole logstore')).toMatchObject({ statusCode: 200, value: '0' });
    expect(await read('an own SELECT')).toMatchObject({ statusCode: 200, value: '0' });
  });
});
