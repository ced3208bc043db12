import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import { runProgram } from '../../../src/cli/program.ts';
import {
  accessKey,
  logstore,
  project,
  readPath,
  startAdapter,
  type TestAdapter,
} from '../../support/adapter.ts';
import { expectStatus } from '../../support/expect-status.ts';
import { fakeIo } from '../../support/fake-io.ts';
import { TestClock } from '../../support/test-clock.ts';

const clock = new TestClock();
let emulator: Emulator;
let adapter: TestAdapter;

beforeAll(async () => {
  const logstores = [{ project, logstore }];
  emulator = await startEmulator({ logstores, accessKey, clock });
  adapter = await startAdapter({ slsEndpoint: emulator.url }, { clock }, 'reading: { freshnessSeconds: 0 }');
  const fields = {
    status: '200',
    proxy_upstream_name: 'default-web-80',
    proxy_alternative_upstream_name: '',
  };
  // Five requests in each second around the window.
  await emulator
    .sink(project, logstore)
    .append(
      Array.from({ length: 300 }, (_, n) => ({ timeSeconds: clock.nowSeconds - Math.floor(n / 5), fields })),
    );
});
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});

const parts = `sls.project=${project},sls.logstore=${logstore},sls.ingress.service=web,sls.ingress.port=80`;

it('a read in a namespace that exists has its reading', async () => {
  const { body } = await adapter.request(readPath('sls_ingress_qps', parts));
  expect(body).toMatchObject({
    items: [{ value: '5', metricLabels: { 'sls.ingress.route': 'default-web-80' } }],
  });
});

const impossible = ['*', 'Default', 'a b', 'a/b', '-x', 'n'.repeat(80), 'a.b', 'web_1', 'x-', 'é'];

it.each(impossible)(
  'a read in a namespace that cannot exist is refused, and asks nothing of SLS: %s',
  async (name) => {
    const { queries } = emulator.stats();
    const path = readPath('sls_ingress_qps', parts, encodeURIComponent(name));
    expectStatus(
      await adapter.request(path),
      400,
      'NamespaceInvalid',
      /cannot exist: it must be a DNS label: up to 63/,
    );
    expect(emulator.stats().queries).toBe(queries);
  },
);

it.each([...impossible, 'Sho p'])(
  'query --namespace refuses a namespace that cannot exist: %s',
  async (name) => {
    const fake = fakeIo({
      ALIBABA_CLOUD_ACCESS_KEY_ID: accessKey.id,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKey.secret,
    });
    const flags = ['--sls-endpoint', emulator.url, '--selector', parts, `--namespace=${name}`];
    expect(await runProgram(['query', 'sls_ingress_qps', ...flags], fake.io)).toBe(1);
    expect(fake.stdout()).toBe('');
    expect(fake.stderr()).toContain(`namespace ${JSON.stringify(name)} cannot exist: it must be a DNS label`);
  },
);

it.each(['default_web_80', 'Default-web-80', 'web', 'default-web', 'internal', 'default-web-80_a'])(
  'a read of a route that no ingress logs is refused: %s',
  async (route) => {
    const selector = `sls.project=${project},sls.logstore=${logstore},sls.ingress.route=${route}`;
    expectStatus(
      await adapter.request(readPath('sls_ingress_qps', selector)),
      400,
      'LabelValueInvalid',
      /must be a route as nginx-ingress logs it: \{namespace\}-\{service\}-\{port\}/,
    );
  },
);
