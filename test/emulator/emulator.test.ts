import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../emulator/emulator.ts';
import { ServiceError } from '../../emulator/service-error.ts';
import { waitFor } from '../support/wait-for.ts';
import { getLogsV2, line, logstore, ManualClock, nowSeconds, project, startTestEmulator } from './harness.ts';
import { send } from './raw-client.ts';

const count = '* | select count(*) as n';

describe('emulator', () => {
  it('runs SQL queries up to the concurrency limit and refuses the next one', async () => {
    await using emulator = await startTestEmulator({ latencyMs: 300, sqlConcurrency: 3 });
    const replies = await Promise.all(Array.from({ length: 5 }, () => getLogsV2(emulator, count)));
    const refused = replies.filter(({ status }) => status === 400);
    expect(refused).toHaveLength(2);
    expect(refused[0]?.errorCode).toBe('ParameterInvalid');
    expect(refused[0]?.errorMessage).toContain('Too many queued queries');
    expect(emulator.stats()).toMatchObject({ queries: 5, sql: 5, refused: 2, peakConcurrency: 3 });
    expect((await getLogsV2(emulator, count)).status).toBe(200);
  });

  it('limits concurrency for each project separately, and only for SQL', async () => {
    const logstores = [project, 'other'].map((name) => ({ project: name, logstore }));
    await using emulator = await startTestEmulator({ latencyMs: 200, sqlConcurrency: 1, logstores });
    const elsewhere = async () => {
      const body = JSON.stringify({ from: 1, to: 2, query: count });
      const headers = {
        host: 'other.x',
        'x-log-apiversion': '0.6.0',
        'x-log-bodyrawsize': '1',
        'content-type': 'application/json',
      };
      return send(emulator.url, { method: 'POST', path: `/logstores/${logstore}/logs`, headers, body });
    };
    const replies = await Promise.all([getLogsV2(emulator, count), elsewhere(), getLogsV2(emulator, '*')]);
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(emulator.stats()).toMatchObject({ queries: 3, sql: 2, refused: 0, peakConcurrency: 1 });
  });

  it.each([{ hang: true }, { latencyMs: 3_600_000 }])(
    'frees the slot of a client that disconnects during %o',
    async (fault) => {
      await using emulator = await startTestEmulator({ sqlConcurrency: 1 });
      emulator.setFaults({ ...fault, times: 1 });
      const leaving = new AbortController();
      const gone = getLogsV2(emulator, count, {}, leaving.signal).catch(() => 'gone');
      await waitFor(() => emulator.stats().sql === 1);
      expect((await getLogsV2(emulator, count)).errorMessage).toContain('Too many queued queries');
      leaving.abort();
      expect(await gone).toBe('gone');
      await waitFor(async () => (await getLogsV2(emulator, count)).status === 200);
    },
  );

  it('shows a line only after the ingest lag', async () => {
    const clock = new ManualClock();
    let lagMs = 3000;
    await using emulator = await startTestEmulator({ clock, ingestLagMs: () => lagMs }, [line({})]);
    lagMs = 0;
    await emulator.sink(project, logstore).append([line({})]);
    const seen = async (query: string) => {
      const { data } = await getLogsV2(emulator, query, { to: nowSeconds + 100 });
      return query === '*' ? data.length : Number(data[0]?.['n']);
    };
    expect([await seen(count), await seen('*')]).toEqual([1, 1]);
    clock.ms += 2999;
    expect([await seen(count), await seen('*')]).toEqual([1, 1]);
    clock.ms += 1;
    expect([await seen(count), await seen('*')]).toEqual([2, 2]);
  });

  it('deletes lines after the retention time', async () => {
    const clock = new ManualClock();
    await using emulator = await startTestEmulator({ clock, retentionSeconds: 600 });
    const sink = emulator.sink(project, logstore);
    const seen = async () =>
      Number((await getLogsV2(emulator, count, { from: 1, to: nowSeconds + 9999 })).data[0]?.['n']);
    await sink.append([line({}, 601), line({}, 600), line({}, 0)]);
    expect(emulator.stats().rows).toBe(2);
    expect(await seen()).toBe(2);
    for (let minute = 1; minute <= 30; minute += 1) {
      clock.ms += 60_000;
      await sink.append([line({}, -60 * minute)]);
    }
    expect(await seen()).toBe(11);
    expect(emulator.stats().rows).toBeLessThanOrEqual(13);
  });

  it('counts stored rows and unparsed lines', async () => {
    await using emulator = await startTestEmulator({}, [line({}), line({})]);
    emulator.countUnparsed(2);
    emulator.countUnparsed(1);
    const reply = await send(emulator.url, { path: '/__stats', headers: { host: 'x' } });
    expect(JSON.parse(reply.body.toString())).toEqual(emulator.stats());
    expect(emulator.stats()).toEqual({
      queries: 0,
      sql: 0,
      refused: 0,
      peakConcurrency: 0,
      rows: 2,
      unparsed: 3,
    });
  });

  it('loses no line of concurrent appends', async () => {
    await using emulator = await startTestEmulator();
    const sink = emulator.sink(project, logstore);
    await Promise.all(Array.from({ length: 50 }, () => sink.append([line({ method: 'GET' }), line({})])));
    expect((await getLogsV2(emulator, count)).data).toMatchObject([{ n: '100' }]);
    expect((await getLogsV2(emulator, `method: get | select count(*) as n`)).data).toMatchObject([
      { n: '50' },
    ]);
  });

  it('differs from SLS where a test asks for it', async () => {
    await using emulator = await startTestEmulator({}, [line({}), line({})]);
    const answer = async (query = count) => {
      const { status, errorCode, data, meta } = await getLogsV2(emulator, query);
      return errorCode || `${status} ${data[0]?.['n'] ?? ''} ${String(meta['progress'])}`;
    };
    expect(await answer()).toBe('200 2 Complete');
    emulator.differ({ query: (asked) => ({ ...asked, query: asked.query.replace('count(*)', '7') }) });
    expect(await answer()).toBe('200 7 Complete');
    emulator.differ({ outcome: (outcome) => ({ ...outcome, complete: false }) });
    expect(await answer()).toBe('200 2 Incomplete');
    emulator.differ({ error: () => new ServiceError(403, 'Other', 'other') });
    expect(await answer('* | select nosuch')).toBe('Other');
    emulator.differ({});
    expect(await answer('* | select nosuch')).toBe('ParameterInvalid');
  });

  it('fails queries with a 5xx at the given error rate', async () => {
    const draws = [0.05, 0.15, 0.2, 0.9];
    await using emulator = await startTestEmulator({ errorRate: 0.2, random: () => draws.shift() ?? 1 });
    const outcomes: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      const { status, errorCode } = await getLogsV2(emulator, count);
      outcomes.push(`${status} ${errorCode}`.trim());
    }
    expect(outcomes).toEqual(['500 InternalServerError', '503 ServerBusy', '200', '200']);
  });

  it('has no sink for a project or logstore that does not exist', async () => {
    await using emulator = await startTestEmulator();
    expect(() => emulator.sink('nosuch', logstore)).toThrow('The Project does not exist : nosuch');
    expect(() => emulator.sink(project, 'nosuch')).toThrow('logstore nosuch does not exist');
  });

  it('reports that its port is taken', async () => {
    await using emulator = await startTestEmulator();
    const listenPort = Number(new URL(emulator.url).port);
    const second = startEmulator({ listenPort, logstores: [] });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE', port: listenPort });
  });

  it('stops while queries hang; a second stop does no harm', async () => {
    const emulator = await startTestEmulator();
    emulator.setFaults({ hang: true });
    const hanging = getLogsV2(emulator, count).catch(() => 'cut');
    await waitFor(() => emulator.stats().queries === 1);
    await Promise.all([emulator.stop(), emulator.stop()]);
    expect(await hanging).toBe('cut');
  });
});
