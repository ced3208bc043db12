import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Emulator } from '../../emulator/emulator.ts';
import { parseFaults, type Faults } from '../../emulator/faults.ts';
import { apiHeaders, getLogsV2, line, logstore, nowSeconds, startTestEmulator } from './harness.ts';
import { send } from './raw-client.ts';

const count = '* | select count(*) as n';
const path = `/logstores/${logstore}?type=log&from=${nowSeconds - 60}&to=${nowSeconds + 1}&query=*`;

describe('faults of the emulator', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startTestEmulator(
      {},
      Array.from({ length: 9 }, () => line({ method: 'GET' })),
    );
  });
  afterEach(() => emulator.setFaults({}));
  afterAll(() => emulator.stop());

  it('set status and error code for the given number of queries', async () => {
    emulator.setFaults({ status: 403, errorCode: 'ReadQuotaExceed', errorMessage: 'slow down', times: 2 });
    const refused = { status: 403, errorCode: 'ReadQuotaExceed', errorMessage: 'slow down' };
    expect(await getLogsV2(emulator, count)).toMatchObject(refused);
    expect(await getLogsV2(emulator, '*')).toMatchObject(refused);
    expect(await getLogsV2(emulator, count)).toMatchObject({ status: 200 });
  });

  it('make a result incomplete, with a part of the lines', async () => {
    emulator.setFaults({ incomplete: true, times: 1 });
    const partial = await getLogsV2(emulator, count);
    expect(partial.meta['progress']).toBe('Incomplete');
    expect(partial.data).toMatchObject([{ n: '6' }]);
    const whole = await getLogsV2(emulator, count);
    expect(whole.meta['progress']).toBe('Complete');
    expect(whole.data).toMatchObject([{ n: '9' }]);
    emulator.setFaults({ incomplete: true });
    expect((await send(emulator.url, { path, headers: apiHeaders() })).headers['x-log-progress']).toBe(
      'Incomplete',
    );
  });

  it.each<[Faults, number, string]>([
    [{ garbage: true }, 200, 'application/json'],
    [{ garbage: 'json' }, 200, 'application/json'],
    [{ garbage: 'html' }, 502, 'text/html'],
  ])('send an invalid body for %o', async (faults, status, type) => {
    emulator.setFaults(faults);
    const reply = await send(emulator.url, { path, headers: apiHeaders() });
    expect([reply.status, reply.headers['content-type']]).toEqual([status, type]);
    expect(() => JSON.parse(reply.body.toString()) as unknown).toThrow(SyntaxError);
  });

  it('close the connection in the middle of the body', async () => {
    emulator.setFaults({ cutBody: true, times: 1 });
    await expect(send(emulator.url, { path, headers: apiHeaders() })).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    expect((await send(emulator.url, { path, headers: apiHeaders() })).status).toBe(200);
  });

  it.each([
    [60_000, 'Fri, 22 Jul 2022 03:31:00 GMT'],
    [-1, 'Fri, 22 Jul 2022 03:29:59 GMT'],
  ])('shift the Date header by %i ms', async (dateShiftMs, date) => {
    emulator.setFaults(parseFaults(JSON.stringify({ dateShiftMs, times: 1 })));
    const reply = await send(emulator.url, { path, headers: apiHeaders() });
    expect([reply.status, reply.headers.date]).toEqual([200, date]);
  });

  it('also apply to a query that fails', async () => {
    const failing: Faults = { status: 503 };
    const sent = (faults: Faults) => {
      emulator.setFaults({ ...failing, ...faults });
      return send(emulator.url, { path, headers: apiHeaders() });
    };
    expect((await sent({ dateShiftMs: 60_000 })).headers.date).toBe('Fri, 22 Jul 2022 03:31:00 GMT');
    expect((await sent({ garbage: 'html' })).headers['content-type']).toBe('text/html');
    await expect(sent({ cutBody: true })).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('leave a query without an answer', async () => {
    emulator.setFaults({ hang: true });
    const signal = AbortSignal.timeout(150);
    await expect(send(emulator.url, { path, headers: apiHeaders(), signal })).rejects.toThrow('aborted');
  });

  it('add latency to a query', async () => {
    emulator.setFaults({ latencyMs: 120 });
    const started = performance.now();
    await getLogsV2(emulator, count);
    expect(performance.now() - started).toBeGreaterThan(115);
  });

  it('can be set and cleared over HTTP', async () => {
    const put = (body: string) =>
      send(emulator.url, { method: 'PUT', path: '/__faults', headers: { host: 'x' }, body });
    expect((await put('{"errorRate":1}')).status).toBe(200);
    expect((await getLogsV2(emulator, count)).status).toBeGreaterThanOrEqual(500);
    expect((await put('{}')).status).toBe(200);
    expect((await getLogsV2(emulator, count)).status).toBe(200);
    expect((await put('{"errorrate":1}')).status).toBe(400);
  });

  it.each([
    '{"nosuch":1}',
    '{"times":"1"}',
    '{"hang":1}',
    '{"garbage":"xml"}',
    '{"status":-1}',
    '{"status":200}',
    '{"status":503.5}',
    '{"errorRate":2}',
    '{"times":0}',
    '{"dateShiftMs":"1"}',
    '[]',
    'null',
    '{',
  ])('PUT /__faults refuses %s', (json) => {
    expect(() => parseFaults(json)).toThrow();
  });

  it('are refused where they would have no effect', async () => {
    const put = async (faults: Faults, { url } = emulator) => {
      const body = JSON.stringify(faults);
      const reply = await send(url, { method: 'PUT', path: '/__faults', headers: { host: 'x' }, body });
      return [reply.status, reply.body.toString()];
    };
    expect(await put({ collectorStalled: true })).toEqual([
      400,
      expect.stringMatching(/there is no collector, .* with --traffic or --follow/),
    ]);
    expect(await put({ errorCode: 'ServerBusy' })).toEqual([400, expect.stringMatching(/need status/)]);
    const isStalled = emulator.collectFrom(3);
    expect(await put({ collectorStalled: [3] })).toEqual([400, expect.stringMatching(/pods, from 0 to 2/)]);
    expect(await put({ collectorStalled: [] })).toEqual([400, expect.stringMatching(/pods, from 0 to 2/)]);
    expect(await put({ collectorStalled: [2], times: 1 })).toEqual([200, '{}']);
    expect([0, 1, 2].map(isStalled)).toEqual([false, false, true]);
    await getLogsV2(emulator, count);
    expect([0, 1, 2].map(isStalled)).toEqual([false, false, false]);
  });
});
