import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import {
  accessKey,
  basePath,
  logstore,
  project,
  readPath,
  startAdapter,
  type Reply,
  type TestAdapter,
} from '../support/adapter.ts';
import { expectStatus } from '../support/expect-status.ts';

const rules = `
defaults: { project: ${project}, logstore: ${logstore} }
access:
  knownNamespaces: [team, team-b]
  rules:
    - { name: own, namespaces: ['*'], projects: [${project}], routes: ['{namespace}-*'] }
    - { name: monitoring, namespaces: [monitoring], projects: [${project}], logstores: [${logstore}] }
`;

let emulator: Emulator;
let adapter: TestAdapter;
let queriesBefore: number;
beforeAll(async () => {
  const logstores = [
    { project, logstore },
    { project, logstore: 'other' },
  ];
  emulator = await startEmulator({ logstores, accessKey });
  adapter = await startAdapter({ slsEndpoint: emulator.url }, {}, rules);
});
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});

const read = (namespace: string, selector: string) =>
  adapter.request(readPath('sls_ingress_qps', selector, namespace));
const route = (...names: string[]) => `sls.ingress.route in (${names.join(',')})`;

function expectDenied(reply: Reply, message: RegExp): void {
  expectStatus(reply, 403, 'AccessDenied', message);
  expect((reply.body as { reason: string }).reason).toBe('Forbidden');
  expect(reply.text).not.toMatch(/\bSLS\b|Alibaba|RAM/);
}

describe('access: a read that no rule allows', () => {
  beforeEach(() => {
    queriesBefore = emulator.stats().queries;
  });

  it.each([
    ['another route', 'team', route('shop-a-80'), /rule "own".* routes team-\*, not route "shop-a-80"/],
    ['one other route in a list', 'team', route('team-a-80', 'shop-a-80'), /not route "shop-a-80"/],
    ['the whole logstore, by default', 'team', '', /not the whole logstore "nginx-ingress"/],
    ['the whole logstore', 'team', `sls.logstore=other`, /not the whole logstore "other"/],
    ['a filter of the whole logstore', 'team', 'sls.query.interval=60', /not the whole logstore/],
    [
      'another project',
      'team',
      `sls.project=k8s-log-other,${route('team-a-80')}`,
      /not project "k8s-log-other"/,
    ],
    [
      'another logstore',
      'monitoring',
      'sls.logstore=other',
      /rule "own".* not the whole logstore "other"; nor is it allowed by "monitoring"/,
    ],
    [
      'a route in parts, of another namespace',
      'team',
      'sls.ingress.namespace=shop,sls.ingress.service=a,sls.ingress.port=80',
      /not route "shop-a-80"/,
    ],
    [
      'a route in parts that equals a route of another namespace',
      'team',
      'sls.ingress.service=b-a,sls.ingress.port=80',
      /"team-b-a-80", which belongs to namespace "team-b"/,
    ],
  ])('is refused before SLS is queried: %s', async (_, namespace, selector, message) => {
    for (let time = 0; time < 2; time += 1) expectDenied(await read(namespace, selector), message);
    expect(emulator.stats().queries).toBe(queriesBefore);
  });

  it.each([
    ['%74eam', 'shop-a-80', /namespace "team" may read routes team-\*/],
    ['team%2Db', 'team-a-80', /namespace "team-b" may read routes team-b-\*/],
  ])('is refused for any spelling of its namespace: %s', async (written, name, message) => {
    expectDenied(await read(written, route(name)), message);
    expect(emulator.stats().queries).toBe(queriesBefore);
  });

  it.each(['%2574eam', 'TEAM', '*', '%2A', '%7Bnamespace%7D', 'shop%2Fteam'])(
    'is refused for a namespace that cannot exist: %s',
    async (written) => {
      expectStatus(await read(written, route('team-a-80')), 400, 'NamespaceInvalid', /cannot exist/);
      expect(emulator.stats().queries).toBe(queriesBefore);
    },
  );

  it('stays refused while another namespace keeps the same reading fresh', async () => {
    const selector = route('shop-warm-80');
    expect((await read('shop', selector)).statusCode).toBe(200);
    expect((await read('monitoring', selector)).statusCode).toBe(200);
    const queries = emulator.stats().queries;
    expectDenied(await read('team', selector), /not route "shop-warm-80"/);
    expect((await read('shop', selector)).statusCode).toBe(200);
    expectDenied(await read('team', selector), /not route "shop-warm-80"/);
    expect(emulator.stats().queries).toBe(queries);
  });

  it('is not allowed by a second labelSelector in the URL that is allowed', async () => {
    const allowed = readPath('sls_ingress_qps', route('team-a-80'), 'team');
    const forbidden = `labelSelector=${encodeURIComponent(route('shop-a-80'))}`;
    expect((await adapter.request(allowed)).statusCode).toBe(200);
    const queries = emulator.stats().queries;
    for (const path of [`${allowed}&${forbidden}`, allowed.replace('?', `?${forbidden}&`)])
      expectStatus(await adapter.request(path), 400, 'ParameterInvalid', /more than once/);
    expectDenied(
      await adapter.request(`${basePath}/namespaces/team/sls_ingress_qps/?${forbidden}`),
      /shop-a-80/,
    );
    expect(emulator.stats().queries).toBe(queries);
  });

  it('is logged like other refusals', async () => {
    // Refusals of another metric are lines of another kind.
    await adapter.request(readPath('sls_ingress_inflow', route('shop-logged-80'), 'team'));
    const lines = adapter.logLines.filter(({ selector }) => selector === route('shop-logged-80'));
    expect(lines).toMatchObject([{ level: 20, namespace: 'team', code: 'AccessDenied' }]);
  });
});

it.each([
  ['team', route('team-a-80', 'team-c-http')],
  ['%74eam', route('team-a-80')],
  ['team-b', 'sls.ingress.service=a,sls.ingress.port=80'],
  ['team', 'sls.ingress.namespace=team,sls.ingress.service=a,sls.ingress.port=80'],
  ['monitoring', ''],
  ['monitoring', route('shop-a-80', 'team-b-a-80')],
])('access: a read that a rule allows is served: %s, %s', async (namespace, selector) => {
  expect((await read(namespace, selector)).statusCode).toBe(200);
});
