import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Below ACK's test domain, 65 characters. */
const longHost = 'web.c0123456789abcdef0123456789abcdef.cn-beijing.alicontainer.com';
const otherHost = `api${longHost.slice(3)}`;
const route = 'default-web-80';
const file = `
hosts: { Web: ${longHost} }
defaults: { project: ${project}, logstore: ${logstore} }
reading: { freshnessSeconds: 0, delaySeconds: 10 }
`;

const clock = new TestClock();
let emulator: Emulator;
let adapter: TestAdapter;
let directory: string;

beforeAll(async () => {
  const logstores = [{ project, logstore }];
  emulator = await startEmulator({ logstores, accessKey, clock });
  adapter = await startAdapter({ slsEndpoint: emulator.url }, { clock }, file);
  directory = await mkdtemp(join(tmpdir(), 'long-'));
  await writeFile(join(directory, 'config.yaml'), file);
  const line = (host: string | undefined) => ({
    timeSeconds: clock.nowSeconds - 15,
    fields: {
      status: '200',
      proxy_upstream_name: route,
      proxy_alternative_upstream_name: '',
      ...(host === undefined ? {} : { host }),
    },
  });
  const hosts = [longHost, longHost, longHost, otherHost, 'web.example.com', undefined];
  await emulator.sink(project, logstore).append(hosts.map(line));
});
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
  await rm(directory, { recursive: true });
});

const read = (selector: string) => adapter.request(readPath('sls_ingress_requests', selector));

async function query(selector: readonly string[]) {
  const fake = fakeIo(
    { ALIBABA_CLOUD_ACCESS_KEY_ID: accessKey.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKey.secret },
    clock,
  );
  const flags = ['--config', join(directory, 'config.yaml'), '--sls-endpoint', emulator.url, '-o', 'json'];
  const code = await runProgram(['query', 'sls_ingress_requests', ...flags, ...selector], fake.io);
  return { code, stdout: fake.stdout(), stderr: fake.stderr() };
}

it.each([
  ['sls.ingress.host=Web', '3', longHost],
  [
    'sls.ingress.host in (Web,web.example.com)',
    '4',
    `in (${[longHost, 'web.example.com'].sort().join(',')})`,
  ],
  ['sls.ingress.host!=Web', '3', `notin (${longHost})`],
  [
    'sls.ingress.host notin (Web,web.example.com)',
    '2',
    `notin (${[longHost, 'web.example.com'].sort().join(',')})`,
  ],
])('%s reads a host that no label value can hold', async (selector, value, host) => {
  const { body } = await read(selector);
  expect(body).toMatchObject({ items: [{ value, metricLabels: { 'sls.ingress.host': host } }] });
  const { code, stdout } = await query(['--selector', selector]);
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { items: [{ value }] }]);
});

it('query without a selector reads what the defaults name', async () => {
  const { code, stdout } = await query([]);
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { items: [{ value: '6' }] }]);
});

const remedy =
  /must be no more than 63 bytes\. Give a longer route by its parts, sls\.ingress\.namespace, sls\.ingress\.service and sls\.ingress\.port, and a longer host by an alias of the setting hosts\. \(LabelValueTooLong\)$/m;

it.each([
  `sls.ingress.route=${route}-more-than-sixty-three-characters-of-a-label-value-which-is`,
  `sls.ingress.route in (a-b-80,${'r'.repeat(64)})`,
  `sls.ingress.host=${longHost}`,
  `sls.ingress.host notin (${longHost},a)`,
])('a value longer than 63 characters is refused with the labels to write: %s', async (selector) => {
  expectStatus(await read(selector), 400, 'LabelValueTooLong', remedy);
  const { code, stderr } = await query(['--selector', selector]);
  expect(code).toBe(1);
  expect(stderr).toMatch(remedy);
});
