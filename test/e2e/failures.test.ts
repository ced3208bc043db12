import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import type { Faults } from '../../emulator/faults.ts';
import { AdapterError } from '../../src/errors.ts';
import type { Dependencies } from '../../src/service/dependencies.ts';
import { fixedCredentials } from '../support/fixed-credentials.ts';
import {
  accessKey,
  basePath,
  logstore,
  project,
  startAdapter,
  type TestAdapter,
} from '../support/adapter.ts';
import { expectStatus } from '../support/expect-status.ts';
import { TestClock } from '../support/test-clock.ts';
import { waitFor } from '../support/wait-for.ts';

const route = 'default-bert-8501';
const good = { 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': route };
const clock = new TestClock();

/** Each read queries SLS. Nothing else queries it. */
const config = `
sls: { readTimeoutSeconds: 60, breaker: { failures: 100 } }
reading: { deadlineSeconds: 20, freshnessSeconds: 0, maxStaleSeconds: 0 }
`;
const quickConfig = config.replace('60', '1').replace('20', '2');

let emulator: Emulator;
let adapter: TestAdapter;
/** For an SLS that does not answer in time. */
let quick: TestAdapter;

beforeAll(async () => {
  emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey, clock });
  adapter = await startAdapter({ slsEndpoint: emulator.url }, { clock }, config);
  quick = await startAdapter({ slsEndpoint: emulator.url }, { clock }, quickConfig);
});
afterEach(() => {
  emulator.setFaults({});
});
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await quick[Symbol.asyncDispose]();
  await emulator.stop();
});

/** Appends 30 lines to the current window of 15 s: 2 requests per second. */
const appendLines = () =>
  emulator.sink(project, logstore).append(
    Array.from({ length: 30 }, () => ({
      timeSeconds: clock.nowSeconds - 11,
      fields: { proxy_upstream_name: route, status: '200' },
    })),
  );

describe('a read while SLS fails', () => {
  // Each row has a window of its own, so that no row sees the lines of the previous one.
  beforeEach(async () => {
    clock.advance(20_000);
    await appendLines();
  });

  const quota = {
    status: 400,
    errorCode: 'ParameterInvalid',
    errorMessage: 'Too many queued queries, please retry',
  };
  const answer = (status: number, errorCode: string, errorMessage = 'said the server') => ({
    status,
    errorCode,
    errorMessage,
  });
  it.each<[what: string, faults: Faults, code: number, cause: string, message: RegExp]>([
    ['too many queries', quota, 503, 'SlsThrottled', /Too many queued queries.*dedicated SQL/],
    ['a read quota', answer(403, 'ReadQuotaExceed'), 503, 'SlsThrottled', /ReadQuotaExceed/],
    ['a busy server', answer(503, 'ServerBusy'), 503, 'SlsThrottled', /ServerBusy/],
    [
      'an internal error',
      answer(500, 'InternalServerError'),
      503,
      'SlsUnavailable',
      /InternalServerError: said the server\. Check/,
    ],
    ['a time-out of SLS', answer(500, 'RequestTimeout'), 504, 'SlsTimeout', /RequestTimeout/],
    [
      'a RAM denial',
      answer(401, 'Unauthorized', 'denied by sts or ram, action: log:GetLogStoreLogs'),
      503,
      'PermissionDenied',
      /log:GetLogStoreLogs on acs:log/,
    ],
    [
      'a forbidden project',
      answer(403, 'ProjectForbidden'),
      503,
      'AccountSuspended',
      /ProjectForbidden.*owes/,
    ],
    [
      'an unknown key',
      answer(401, 'InvalidAccessKeyId'),
      503,
      'CredentialsRefused',
      /access key of the adapter/,
    ],
    ['a clock that differs', answer(400, 'RequestTimeExpired'), 503, 'ClockSkewed', /clock of the node/],
    ['a refused query', answer(400, 'ParameterInvalid', 'syntax error'), 500, 'QueryRefused', /syntax error/],
    ['an undocumented code', answer(418, 'Teapot'), 500, 'QueryRefused', /Teapot/],
    [
      'an incomplete result',
      { incomplete: true },
      503,
      'SlsIncomplete',
      /incomplete.*shorter sls\.query\.interval/,
    ],
    ['a body that is not JSON', { garbage: true }, 503, 'SlsReplyInvalid', /cannot be read/],
    ["a proxy's page", { garbage: 'html' }, 503, 'SlsUnavailable', /HTTP 502: the body is not the JSON/],
    ['half a body', { cutBody: true }, 503, 'SlsUnavailable', /cannot be reached/],
    [
      'no answer',
      { hang: true },
      504,
      'DeadlineExceeded',
      /no answer before the deadline of the read; last attempt: .* did not answer within 1000 ms/,
    ],
    ['a slow answer', { latencyMs: 5000 }, 504, 'DeadlineExceeded', /no answer before the deadline/],
  ])(
    'reports %s with its code and remedy, and reads again afterwards',
    async (_, faults, code, cause, message) => {
      const used = cause === 'DeadlineExceeded' ? quick : adapter;
      emulator.setFaults(faults);
      const before = emulator.stats().queries;
      expectStatus(await used.read('sls_ingress_qps', good), code, cause, message);
      expect(emulator.stats().queries).toBeGreaterThan(before);
      expect(
        used.logLines.filter(({ level, code: logged }) => level === 40 && logged === cause).length,
      ).toBeGreaterThan(0);

      emulator.setFaults({});
      const reading = await waitFor(async () => {
        const body = (await used.read('sls_ingress_qps', good)).body as object;
        return 'items' in body && body;
      });
      expect(reading).toMatchObject({ items: [{ value: '2' }] });
    },
  );
});

describe('a read through a misconfigured adapter', () => {
  const failsWith = async (
    flags: Readonly<Record<string, string>>,
    dependencies: Partial<Dependencies>,
    [code, cause, message]: readonly [number, string, RegExp],
  ) => {
    await using other = await startAdapter(flags, { clock, ...dependencies }, config);
    expectStatus(await other.read('sls_ingress_qps', good), code, cause, message);
  };
  const slsEndpoint = () => ({ slsEndpoint: emulator.url });

  it('reports a wrong secret without showing it', async () => {
    const credentials = fixedCredentials({ accessKeyId: accessKey.id, accessKeySecret: 'mistyped' });
    await failsWith(slsEndpoint(), { credentials }, [
      503,
      'CredentialsRefused',
      /SignatureNotMatch: signature … not match\. The secret does not belong/,
    ]);
  });

  it('reports an unknown key', async () => {
    const credentials = fixedCredentials({ accessKeyId: 'unknown', accessKeySecret: accessKey.secret });
    await failsWith(slsEndpoint(), { credentials }, [
      503,
      'CredentialsRefused',
      /AccessKeyId not found: \*\*\*\. /,
    ]);
  });

  it('reports missing credentials', async () => {
    const credentials = { current: () => Promise.reject(new AdapterError('CredentialsMissing', 'none')) };
    await failsWith(slsEndpoint(), { credentials }, [
      503,
      'CredentialsMissing',
      /ALIBABA_CLOUD_ACCESS_KEY_ID/,
    ]);
  });

  it('reports an SLS that is down', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    const down = { slsEndpoint: `http://127.0.0.1:${port}` };
    await failsWith(down, {}, [503, 'SlsUnavailable', /ECONNREFUSED.*network path/]);
  });

  it('reports an endpoint that does not speak HTTP', async () => {
    const server = createServer((socket) => socket.end('220 mail.example.com ESMTP\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const other = { slsEndpoint: `http://127.0.0.1:${port}` };
    await failsWith(other, {}, [503, 'SlsUnavailable', /cannot be reached/]);
    server.close();
  });

  it('serves discovery and probes while SLS is down', async () => {
    await using other = await startAdapter({ slsEndpoint: 'http://127.0.0.1:1' }, { clock }, config);
    for (const path of ['/apis', basePath, '/healthz', '/livez', '/readyz']) {
      expect((await other.request(path)).statusCode).toBe(200);
    }
  });
});
