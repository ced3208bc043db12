import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import type { Faults } from '../../../emulator/faults.ts';
import { accessKey, logstore, startAdapter, type TestAdapter } from '../../support/adapter.ts';
import { fixedCredentials } from '../../support/fixed-credentials.ts';
import { TestClock } from '../../support/test-clock.ts';

/** Each failure has a project of its own, and so a circuit of its own. */
const projects = Array.from({ length: 12 }, (_, index) => `k8s-log-${index}`);
const labels = { 'sls.logstore': logstore, 'sls.ingress.route': 'default-web-80' };
const clock = new TestClock();
let emulator: Emulator;
let adapter: TestAdapter;
let wrongKey: TestAdapter;

/** Every read queries SLS. The circuit opens in the middle of the ten reads. */
const config = `
sls: { readTimeoutSeconds: 10, breaker: { failures: 4, openSeconds: 1 } }
reading: { deadlineSeconds: 10, freshnessSeconds: 0, maxStaleSeconds: 0 }
`;

beforeAll(async () => {
  emulator = await startEmulator({
    logstores: projects.map((project) => ({ project, logstore })),
    accessKey,
    clock,
  });
  const flags = { slsEndpoint: emulator.url };
  const credentials = fixedCredentials({ accessKeyId: accessKey.id, accessKeySecret: 'mistyped' });
  adapter = await startAdapter(flags, { clock }, config);
  wrongKey = await startAdapter(flags, { clock, credentials }, config);
});
afterEach(() => emulator.setFaults({}));
afterAll(async () => {
  for (const one of [adapter, wrongKey]) await one[Symbol.asyncDispose]();
  await emulator.stop();
});

/** Reads ten times, and returns the distinct messages without what says that the circuit is open. */
async function messagesOf(reader: TestAdapter, project: string, more: Readonly<Record<string, string>> = {}) {
  const messages = new Set<string>();
  for (let n = 0; n < 10; n += 1) {
    clock.advance(1000);
    const read = { ...labels, 'sls.project': project, 'sls.query.max_retry': '0', ...more };
    const { body } = await reader.read('sls_ingress_qps', read);
    messages.add((body as { readonly message: string }).message);
  }
  return [...messages];
}

/** While the circuit is open, the message says so: one message more. */
const withoutPause = (messages: readonly string[]) => [
  ...new Set(messages.map((message) => message.replace('; asked again every 1 s', ''))),
];

describe('the message of a failure that repeats ten times', () => {
  const reply = (status: number, errorCode: string, errorMessage: string): Faults => ({
    status,
    errorCode,
    // SLS repeats in its messages what differs from request to request.
    get errorMessage() {
      return `${errorMessage} (request time ${new Date(clock.now()).toUTCString()})`;
    },
  });

  it.each<[string, string, Faults]>([
    ['throttling', 'k8s-log-0', reply(403, 'ShardReadQuotaExceed', 'shard read qps exceed quota limits')],
    [
      'an expired token',
      'k8s-log-1',
      reply(401, 'Unauthorized', 'The security token you provided has expired.'),
    ],
    ['a RAM denial', 'k8s-log-2', reply(401, 'Unauthorized', 'denied by sts or ram')],
    ['half a body', 'k8s-log-3', { cutBody: true }],
    ['a body that is not JSON', 'k8s-log-4', { garbage: 'json' }],
    ['a page of a proxy', 'k8s-log-5', { garbage: 'html' }],
    ['an incomplete result', 'k8s-log-6', { incomplete: true }],
    ['a clock that is behind', 'k8s-log-7', { dateShiftMs: 60_000 }],
    ['a clock that is ahead', 'k8s-log-8', { dateShiftMs: -20_000 }],
  ])('is one message for %s', async (_, project, faults) => {
    emulator.setFaults(faults);
    expect(withoutPause(await messagesOf(adapter, project))).toHaveLength(1);
  });

  it('is one message for a wrong secret, a project and a logstore that do not exist', async () => {
    expect(withoutPause(await messagesOf(wrongKey, 'k8s-log-9'))).toEqual([
      expect.stringMatching(/^SLS, project k8s-log-9: SignatureNotMatch: signature … not match\. The secret/),
    ]);
    expect(withoutPause(await messagesOf(adapter, 'none'))).toEqual([
      expect.stringMatching(/^SLS, project none: ProjectNotExist: .*\. Check sls\.project/),
    ]);
    expect(await messagesOf(adapter, 'k8s-log-10', { 'sls.logstore': 'none' })).toEqual([
      expect.stringMatching(
        /^SLS, project k8s-log-10, logstore none: LogStoreNotExist: .*\. Check sls\.logstore/,
      ),
    ]);
  });

  it('is in the log with all that it leaves out', async () => {
    emulator.setFaults({
      status: 401,
      errorCode: 'Unauthorized',
      errorMessage: 'denied by sts or ram, at 1766000000',
    });
    // Failures of another metric are lines of another kind.
    await adapter.read('sls_ingress_inflow', { ...labels, 'sls.project': 'k8s-log-11' });
    const line = adapter.logLines.find(
      ({ msg, level }) => level === 40 && String(msg).includes('denied by sts or ram, at …'),
    );
    expect(line).toMatchObject({
      code: 'PermissionDenied',
      slsRequestId: expect.stringMatching(/^[0-9A-F]{24}$/) as unknown,
      cause: 'SLS answered 401 Unauthorized: denied by sts or ram, at 1766000000',
    });
  });
});
