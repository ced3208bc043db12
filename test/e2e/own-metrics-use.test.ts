import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { accessKey, project, readPath, startAdapter, type TestAdapter } from '../support/adapter.ts';
import { expectStatus } from '../support/expect-status.ts';
import { fakeIo } from '../support/fake-io.ts';

const logstore = 'app';
const metrics = `
metrics:
  - name: app_lines
    description: Lines of a model
    unit: lines
    logstore: ${logstore}
    aggregate: count(*)
    groupBy: model
    emptyWindow: zero
    labels:
      - { name: model, description: The model., column: model }
  - name: app_route_lines
    description: Lines of a route
    unit: lines
    logstore: ${logstore}
    aggregate: count(*)
    groupBy: route
    emptyWindow: zero
  - name: app_lines_of
    description: Lines of a model, counted apart
    unit: lines
    logstore: ${logstore}
    aggregate: count_if(model LIKE concat({my.model}, '/%')) / {window}
    emptyWindow: zero
    labels:
      - { name: my.model, description: The model. }
  - name: app_model_lines
    description: Lines of a model, on a route
    unit: lines
    logstore: ${logstore}
    aggregate: count_if(route = {route})
    groupBy: model
    labels:
      - { name: model, description: The model., column: model }
`;

let emulator: Emulator;
let adapter: TestAdapter;
const directory = mkdtempSync(join(tmpdir(), 'own-metrics-'));

beforeAll(async () => {
  const index = { fields: { model: 'text', route: 'text' } } as const;
  const logstores = [{ project, logstore, index }];
  emulator = await startEmulator({ logstores, accessKey });
  const settings = 'reading: { delaySeconds: 2 }\naccess: { ownRoutesOnly: true }';
  adapter = await startAdapter({ slsEndpoint: emulator.url, project }, {}, settings + metrics);
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});

describe('under access.ownRoutesOnly, a metric of the configuration', () => {
  it('that reads only lines of its routes is allowed for routes of the own namespace, and refused for others', async () => {
    const read = (route: string) =>
      adapter.request(readPath('app_route_lines', `sls.ingress.route=${route}`));
    expect(await read('default-web-80')).toMatchObject({
      statusCode: 200,
      body: { items: [{ value: '0' }] },
    });
    expectStatus(await read('team-web-80'), 403, 'AccessDenied', /team-web-80/);
  });

  it.each([
    ['app_lines', 'model=bert'],
    ['app_lines', 'model=default-web-80'],
    // It groups by a label. Its values are not routes, even if they look like routes.
    ['app_model_lines', 'sls.ingress.route=team-web-80,model=default-web-80'],
  ])(
    'that does not read only lines of its routes counts as the whole logstore, and is refused: %s of %s',
    async (name, selector) => {
      expectStatus(await adapter.request(readPath(name, selector)), 403, 'AccessDenied', /whole logstore/);
    },
  );
});

describe('on the command line, a metric of the configuration', () => {
  it.each<[command: string, metric: string, selector: string, shown: RegExp]>([
    ['query', 'app_lines', 'model=bert', /^MODEL +VALUE .*\nbert +0 +lines /],
    ['query', 'app_lines_of', 'my.model=bert', /^LABELS +VALUE .*\nmy\.model=bert +0 +lines /],
    [
      'explain',
      'app_lines',
      'model=bert',
      /^metric +app_lines, lines: Lines of a model\n[^]*, for any value of model; it counts the ones that are read by name, /,
    ],
  ])('works with %s %s', async (command, metric, labels, shown) => {
    const config = join(directory, 'config.yaml');
    writeFileSync(config, metrics);
    const env = {
      ALIBABA_CLOUD_ACCESS_KEY_ID: accessKey.id,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKey.secret,
    };
    const fake = fakeIo(env);
    const flags = ['--config', config, '--sls-endpoint', emulator.url];
    const selector = ['--selector', `sls.project=${project},${labels}`];
    const code = await runProgram([command, metric, ...flags, ...selector], fake.io);
    expect([code, fake.stderr()]).toEqual([0, '']);
    expect(fake.stdout()).toMatch(shown);
  });
});
