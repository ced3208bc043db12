import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { fakeIo, someCredentials } from '../support/fake-io.ts';
import { waitFor } from '../support/wait-for.ts';
import { createAdministrator, type Administrator } from './administrator.ts';
import { runLiveSls } from './live-sls.ts';
import type { LiveReport } from './report.ts';

/** The SDK connects to `{project}.{endpoint}`. Together they are the loopback address. */
const project = '127';
const other = { project, logstore: 'nginx-ingress' };
const accessKey = {
  id: someCredentials.ALIBABA_CLOUD_ACCESS_KEY_ID,
  secret: someCredentials.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
};
const pace = { timeoutMs: 5000, pauseMs: 20 };

let emulator: Emulator;
let calls: string[];
beforeAll(async () => {
  emulator = await startEmulator({ logstores: [other], accessKey, ingestLagMs: 50 });
});
afterAll(() => emulator.stop());
beforeEach(() => {
  emulator.differ({});
  emulator.setFaults({});
  calls = [];
});

/** The SDK, and a list of the calls. */
function administrator(changes: Partial<Administrator> = {}): Administrator {
  const endpoint = { url: `http://0.0.1:${new URL(emulator.url).port}` };
  const credentials = { accessKeyId: accessKey.id, accessKeySecret: accessKey.secret };
  const sdk = { ...createAdministrator(endpoint, credentials), ...changes };
  const record = (call: keyof Administrator, logstore: string) =>
    calls.push(`${call} ${logstore.slice(0, -10)}`);
  return {
    createLogstore: (of, logstore) => {
      record('createLogstore', logstore);
      return sdk.createLogstore(of, logstore);
    },
    createIndex: (of, logstore, index) => {
      record('createIndex', logstore);
      return sdk.createIndex(of, logstore, index);
    },
    write: (of, logstore, lines) => {
      record('write', logstore);
      return sdk.write(of, logstore, lines);
    },
    deleteLogstore: (of, logstore) => {
      record('deleteLogstore', logstore);
      return sdk.deleteLogstore(of, logstore);
    },
  };
}

const env = () => ({ ...someCredentials, SLS_PROJECT: project, SLS_ENDPOINT: emulator.url });

function start(argv: readonly string[] = ['--yes'], changes: Partial<Administrator> = {}, consent = true) {
  const fake = fakeIo(env());
  const questions: string[] = [];
  const confirm = (question: string) => {
    questions.push(question);
    return Promise.resolve(consent);
  };
  const io = { ...fake.io, random: Math.random };
  const code = runLiveSls(argv, io, { confirm, administrator: administrator(changes), pace });
  return { fake, questions, code };
}

const lastCall = () => calls.at(-1);
const deleted = 'deleteLogstore sls-metrics-adapter-test-';

/** The requests of the canary, if the row has them, counted twice. */
const withDoubledCanary = (row: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  row['effective_route'] === 'live-canary-80' && row['requests'] !== undefined
    ? { ...row, requests: String(2 * Number(row['requests'])) }
    : row;

describe('npm run test:sls, against the emulator', () => {
  it('asks first, then finds everything as assumed and every reading right, and deletes its logstore', async () => {
    const { fake, questions, code } = start([]);
    expect([await code, fake.stdout()]).toEqual([0, expect.stringContaining('SLS behaves as assumed: ')]);
    expect(fake.stdout()).toMatch(/as assumed: (\d+) of \1; readings are right: (\d+) of \2\.\n/);
    expect(questions).toEqual([
      expect.stringMatching(/makes logstore sls-metrics-adapter-test-\w{10} in project 127/),
    ]);
    expect(fake.stderr()).toMatch(/making logstore[^]*writing lines[^]*deleting logstore .*\ndeleted\n$/);
    expect(lastCall()).toBe(deleted);
    expect(calls.every((call) => call.endsWith(' sls-metrics-adapter-test-'))).toBe(true);
  });

  it('prints JSON, and exits with 1 if SLS differs and a reading is wrong', async () => {
    emulator.differ({
      query: (query) => ({
        ...query,
        toSeconds: query.toSeconds + (query.query.includes("'range-ends'") ? 1 : 0),
      }),
      outcome: (outcome) => ({
        ...outcome,
        result: { ...outcome.result, rows: outcome.result.rows.map(withDoubledCanary) },
      }),
    });
    const { fake, code } = start(['--yes', '-o', 'json']);
    expect(await code).toBe(1);
    const report = JSON.parse(fake.stdout()) as LiveReport;
    expect(report.holds).toBe(false);
    expect(report.entries.filter(({ result }) => result === 'differs')).toMatchObject([
      { id: 'range-ends', found: '4' },
    ]);
    expect(report.readings.filter(({ isRight }) => !isRight)).toEqual([
      { reading: 'sls_ingress_requests route=live-canary-80', expected: '4', found: '8', isRight: false },
    ]);
  });

  it('does nothing without consent', async () => {
    const { fake, code } = start([], {}, false);
    expect([await code, calls]).toEqual([2, []]);
    expect(fake.stderr()).toContain('--yes');
  });

  it.each([
    ['SLS_PROJECT', 'SLS_PROJECT must name a project'],
    ['SLS_ENDPOINT', 'SLS_REGION (such as cn-beijing) or SLS_ENDPOINT must be set'],
  ])('names %s if it is missing', async (name, message) => {
    const fake = fakeIo({ ...env(), [name]: undefined });
    expect(await runLiveSls(['--yes'], fake.io, { confirm: () => Promise.resolve(true) })).toBe(2);
    expect(fake.stderr()).toContain(message);
  });
});

describe('the logstore of npm run test:sls', () => {
  it('is deleted if a step fails', async () => {
    const { fake, code } = start(['--yes'], { write: () => Promise.reject(new Error('no right to write')) });
    expect(await code).toBe(1);
    expect(fake.stderr()).toContain('no right to write');
    expect(lastCall()).toBe(deleted);
  });

  it('is deleted at a signal', async () => {
    emulator.differ({
      outcome: (outcome) => ({ ...outcome, result: { ...outcome.result, rows: [{ c: '0' }] } }),
    });
    const { fake, code } = start();
    await waitFor(() => calls.filter((call) => call.startsWith('write')).length > 1);
    fake.end('SIGINT');
    expect(await code).toBe(1);
    expect(lastCall()).toBe(deleted);
    expect(fake.stderr()).toMatch(/\ninterrupted\ndeleting .*\ndeleted\n$/);
  });

  it('is not deleted if another one has its name', async () => {
    const taken = Object.assign(new Error('already exists'), { code: 'LogStoreAlreadyExist' });
    const { code } = start(['--yes'], { createLogstore: () => Promise.reject(taken) });
    expect(await code).toBe(1);
    expect(calls).toEqual(['createLogstore sls-metrics-adapter-test-']);
  });

  it('is named with what to do if it cannot be deleted', async () => {
    const denied = Object.assign(new Error('denied by sts or ram'), { code: 'Unauthorized' });
    const write = () => Promise.reject(new Error('no right to write'));
    const fake = fakeIo(env());
    const code = runLiveSls(['--yes'], fake.io, {
      confirm: () => Promise.resolve(true),
      administrator: administrator({ write, deleteLogstore: () => Promise.reject(denied) }),
      pace: { timeoutMs: 100, pauseMs: 10 },
    });
    expect(await code).toBe(1);
    expect(fake.stderr()).toMatch(
      /logstore sls-metrics-adapter-test-\w{10} of project 127 could not be deleted .*SLS console/,
    );
  });
});
