import { afterAll, beforeAll, describe, it } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { nginxIngressIndex, type FieldType } from '../../emulator/store/index-config.ts';
import { labelDefinitions, type LabelDefinition } from '../../src/metric/labels.ts';
import {
  accessKey,
  logstore,
  project,
  readPath,
  selectorOf,
  startAdapter,
  type TestAdapter,
} from '../support/adapter.ts';
import { expectStatus } from '../support/expect-status.ts';

const good = { 'sls.project': project, 'sls.logstore': logstore, 'sls.ingress.route': 'default-bert-8501' };
const unindexed = 'unindexed';

let emulator: Emulator;
let adapter: TestAdapter;

beforeAll(async () => {
  const { ...fields } = nginxIngressIndex.fields as Record<string, FieldType>;
  delete fields['proxy_upstream_name'];
  emulator = await startEmulator({
    logstores: [
      { project, logstore },
      { project, logstore: unindexed, index: { fields } },
    ],
    accessKey,
  });
  adapter = await startAdapter({ slsEndpoint: emulator.url });
});
afterAll(async () => {
  await adapter[Symbol.asyncDispose]();
  await emulator.stop();
});

it('status_qps is refused without a status, in one line that names the label and its values', async () => {
  for (const metric of ['sls_ingress_status_qps', 'sls_alb_ingress_status_qps'])
    expectStatus(
      await adapter.request(readPath(metric, selectorOf(good))),
      400,
      'LabelMissing',
      /^label sls\.ingress\.status is missing \(.*such as 5xx; [^\n]*\)\. Add the label [^\n]*$/,
    );
});

describe('a read with a wrong selector', () => {
  const withLabels = (labels: Readonly<Record<string, string>>) => selectorOf({ ...good, ...labels });
  it.each<[what: string, selector: string, code: number, cause: string, message: RegExp]>([
    ['no labels', '', 400, 'LabelMissing', /label sls\.project is missing .*Add the label/],
    ['no logstore', `sls.project=${project}`, 400, 'LabelMissing', /label sls\.logstore is missing/],
    [
      'an unknown label',
      withLabels({ 'sls.ingres.route': 'a' }),
      400,
      'LabelUnknown',
      /"sls\.ingres\.route"; known are/,
    ],
    ['a label of another system', withLabels({ app: 'bert' }), 400, 'LabelUnknown', /unknown label "app"/],
    [
      'an unsupported operator',
      `${withLabels({})},sls.query.interval!=5`,
      400,
      'OperatorUnsupported',
      /"!=".*Write label=value/,
    ],
    [
      'a label given twice',
      `${withLabels({})},sls.project=other`,
      400,
      'LabelValueInvalid',
      /more than once/,
    ],
    [
      'an interval of 0',
      withLabels({ 'sls.query.interval': '0' }),
      400,
      'LabelValueInvalid',
      /"0".* from 1 to 3600/,
    ],
    [
      'an interval with a unit',
      withLabels({ 'sls.query.interval': '15s' }),
      400,
      'LabelValueInvalid',
      /"15s"/,
    ],
    [
      'a route given whole and in parts',
      withLabels({ 'sls.ingress.service': 'b', 'sls.ingress.port': '80' }),
      400,
      'LabelValueInvalid',
      /sls\.ingress\.service.* keep one of them/,
    ],
    [
      'a malformed selector',
      'sls.project in (a',
      400,
      'SelectorMalformed',
      /^unable to parse requirement: found ''/,
    ],
    [
      'a long value',
      `sls.ingress.route=${'a'.repeat(64)}`,
      400,
      'LabelValueTooLong',
      /no more than 63 bytes\. Give a longer route by its parts, sls\.ingress\.namespace, .*alias/,
    ],
    [
      'a project that does not exist',
      withLabels({ 'sls.project': 'k8s-log-none' }),
      404,
      'ProjectNotFound',
      /k8s-log-none.*ProjectNotExist.*Check sls\.project/,
    ],
    [
      'a logstore that does not exist',
      withLabels({ 'sls.logstore': 'none' }),
      404,
      'LogstoreNotFound',
      /LogStoreNotExist.*Check sls\.logstore/,
    ],
    [
      'a logstore without the index',
      withLabels({ 'sls.logstore': unindexed }),
      503,
      'IndexMissing',
      /key \(proxy_upstream_name\).*Add an index for the field/,
    ],
  ])('is refused for %s', async (_, selector, code, cause, message) => {
    expectStatus(await adapter.request(readPath('sls_ingress_qps', selector)), code, cause, message);
  });

  it('is refused for an unknown metric', async () => {
    const reply = await adapter.read('sls_ingress_nps', good);
    expectStatus(reply, 404, 'MetricUnknown', /could not find the metric sls_ingress_nps.*kubectl get --raw/);
  });
});

const labels = Object.values(labelDefinitions).map((label) => ({
  ...(label satisfies LabelDefinition as LabelDefinition),
  metric: label.use === 'forecast' ? 'sls_ingress_qps_forecast' : 'sls_ingress_qps',
}));

const without = (label: string) =>
  Object.fromEntries(Object.entries(good).filter(([name]) => name !== label));

/** Escapes a text for a regular expression. */
const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

describe.each(labels)('label $name', ({ name, accepted, several, metric }) => {
  /** Sends a read that is correct except for this label. */
  const readWith = async (requirement: string) => {
    return adapter.request(readPath(metric, `${selectorOf(without(name))},${requirement}`));
  };

  it('is refused with a wrong value, and the message names the allowed values', async () => {
    const message = `^${literal(`${name} is "A_.b" and must be ${accepted}. Correct the value in `)}`;
    expectStatus(await readWith(`${name}=A_.b`), 400, 'LabelValueInvalid', new RegExp(message));
  });

  const negations = [
    ['!=', `${name}!=a`],
    ['notin', `${name} notin (a)`],
  ];
  it.each([
    ...(several === 'lines' ? [] : negations),
    ['>', `${name}>1`],
    ['<', `${name}<1`],
    ['!', `!${name}`],
  ])(
    'is refused with the operator %s, and the message shows how to write it',
    async (operator, requirement) => {
      const message = `^${literal(`${name} does not take the operator "${operator}". Write label=value`)}`;
      expectStatus(await readWith(requirement), 400, 'OperatorUnsupported', new RegExp(message));
    },
  );

  it('is refused without a value', async () => {
    const message = `^${literal(`${name} has no value. Write label=value`)}`;
    expectStatus(await readWith(name), 400, 'OperatorUnsupported', new RegExp(message));
  });

  if (several) return;

  it('is refused with two values', async () => {
    const message = `^${literal(`${name} takes one value, not 2. Correct the value`)}`;
    expectStatus(await readWith(`${name} in (ab,cd)`), 400, 'LabelValueInvalid', new RegExp(message));
  });
});

describe('a read with wrong parameters or an incomplete route', () => {
  const selector = selectorOf(good);
  it.each<[what: string, parameters: string, code: number, cause: string, message: RegExp]>([
    [
      'a repeated selector',
      `&labelSelector=${encodeURIComponent(selector)}`,
      400,
      'ParameterInvalid',
      /^parameter labelSelector is given more than once\. Correct the URL/,
    ],
    [
      'a watch',
      '&watch=true',
      405,
      'MethodUnsupported',
      /^external metrics cannot be watched\. .* without watch\./,
    ],
  ])('is refused for %s', async (_, parameters, code, cause, message) => {
    const path = `${readPath('sls_ingress_qps', selector)}${parameters}`;
    expectStatus(await adapter.request(path), code, cause, message);
  });

  it.each([
    [
      'a single part of a route',
      'sls.ingress.service=web',
      /^label sls\.ingress\.port is missing \(.*\)\. Add/,
    ],
    [
      'a namespace without service and port',
      'sls.ingress.namespace=shop',
      /^label sls\.ingress\.service is missing \(.*\)\. Add/,
    ],
  ])('is refused for %s', async (_, parts, message) => {
    const path = readPath('sls_ingress_qps', `${selectorOf(without('sls.ingress.route'))},${parts}`);
    expectStatus(await adapter.request(path), 400, 'LabelMissing', message);
  });
});
