import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { ScaledObjectRefSchema } from '../../src/keda/externalscaler_pb.ts';
import { parseTrigger, type Trigger } from '../../src/keda/trigger.ts';
import { builtIn } from '../support/catalog.ts';
import { parserWith, refTo } from './keda-harness.ts';

const parse = (metadata: Readonly<Record<string, string>>, namespace = 'shop'): Trigger =>
  parseTrigger(create(ScaledObjectRefSchema, refTo(metadata, { namespace })), parserWith());

const logOf = (metric: string): Readonly<Record<string, string>> =>
  metric.startsWith('sls_alb_') ? { 'sls.logstore': 'alb_log' } : {};

/** Returns the code and the text of the error. */
function refusalOf(metadata: Readonly<Record<string, string>>, namespace?: string): string {
  try {
    parse(metadata, namespace);
  } catch (error) {
    if (error instanceof AdapterError) return `${error.code}: ${error.what}`;
    throw error;
  }
  return 'accepted';
}

describe('the metadata of a trigger', () => {
  it('names the labels of a metric selector, and has defaults for the rest', () => {
    const { request, ...trigger } = parse({ 'sls.query.interval': '30' });
    expect(trigger).toMatchObject({
      scaledObject: 'web',
      read: {
        namespace: 'shop',
        metric: 'sls_ingress_qps',
        selector:
          'sls.ingress.route=shop-web-80,sls.logstore=nginx-ingress,sls.project=k8s-log-c1,sls.query.interval=30',
      },
      target: 10,
      activation: 0,
    });
    expect(request).toMatchObject({ project: 'k8s-log-c1', routes: ['shop-web-80'], intervalSeconds: 30 });
  });

  it.each([
    ['a list', 'shop-web-80,shop-api-80'],
    ['a list with spaces', ' shop-api-80, shop-web-80 '],
    ['a set as in a selector', 'in (shop-web-80, shop-api-80)'],
  ])('names several routes by %s', (_, routes) => {
    expect(parse({ 'sls.ingress.route': routes }).request.routes).toEqual(['shop-api-80', 'shop-web-80']);
  });

  it('refuses a longer name than an object of Kubernetes can have', () => {
    const ref = create(ScaledObjectRefSchema, refTo({}, { name: 'x'.repeat(254) }));
    expect(() => parseTrigger(ref, parserWith())).toThrow(/at most 253 characters/);
  });

  it.each(['!=GET', '!= GET', 'notin (GET)', 'notin(GET)'])('leaves out lines by %j', (method) => {
    expect(parse({ 'sls.ingress.method': method }).request.filters).toEqual({
      method: { operator: 'notin', values: ['GET'] },
    });
  });

  it('takes the namespace of the ScaledObject for a route in parts', () => {
    const metadata = { 'sls.ingress.route': '', 'sls.ingress.service': 'web', 'sls.ingress.port': '80' };
    expect(parse(metadata, 'team').request.routes).toEqual(['team-web-80']);
  });

  it('takes target and activation in any form of a Quantity', () => {
    expect(parse({ target: '500m', activation: '0.25' })).toMatchObject({ target: 0.5, activation: 0.25 });
  });

  it.each(builtIn.metrics.map(({ name }) => name))('may name the metric %s', (metric) => {
    expect(parse({ metric, 'sls.ingress.status': '5xx', ...logOf(metric) }).request.metric.name).toBe(metric);
  });

  it('has keys from the environment, which KEDA resolves and sends under their own name', () => {
    const sent = {
      ...refTo().scalerMetadata,
      targetFromEnv: '5',
      'sls.ingress.hostFromEnv': 'a.example.com',
    };
    const metadata = Object.fromEntries(Object.entries(sent).filter(([key]) => key !== 'target'));
    const ref = create(ScaledObjectRefSchema, { ...refTo(), scalerMetadata: metadata });
    const { target, request } = parseTrigger(ref, parserWith());
    expect(target).toBe(5);
    expect(request.filters).toEqual({ host: { operator: 'in', values: ['a.example.com'] } });
  });

  it('has the keys of KEDA, which are not for the adapter', () => {
    const keys = ['scalerAddress', 'enableTLS', 'unsafeSsl', 'caCert', 'tlsClientCert', 'tlsClientKey'];
    expect(refusalOf(Object.fromEntries(keys.map((key) => [key, 'x'])))).toBe('accepted');
  });

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'an unknown key',
      { threshold: '5' },
      /^LabelUnknown: unknown label "threshold"; known are sls\.project, /,
    ],
    [
      'no target',
      { target: '' },
      /^TriggerInvalid: target is ""; it must be a number above 0, such as 10 or/,
    ],
    ['a target of 0', { target: '0' }, /^TriggerInvalid: target is "0"/],
    ['a target below 0', { target: '-5' }, /^TriggerInvalid: target is "-5"/],
    ['a target that is no number', { target: 'NaN' }, /^TriggerInvalid: target is "NaN"/],
    ['an activation below 0', { activation: '-1' }, /^TriggerInvalid: activation is "-1"; .* 0 or more/],
    ['an unknown metric', { metric: 'sls_qps' }, /^MetricUnknown: /],
    ['a wrong value', { 'sls.query.interval': '0' }, /^LabelValueInvalid: sls\.query\.interval is "0"/],
    ['an empty set', { 'sls.ingress.method': 'in ()' }, /^LabelValueInvalid: sls\.ingress\.method is ""/],
    [
      'a second label in a value',
      { 'sls.ingress.method': 'in (GET),sls.ingress.host=a' },
      /^TriggerInvalid: /,
    ],
    ['a second label in a list', { 'sls.ingress.route': 'a,sls.project=b' }, /^SelectorMalformed: /],
    ['a label in a key', { 'sls.ingress.host=a,sls.ingress.method': 'GET' }, /^TriggerInvalid: /],
    ['a key twice', { targetFromEnv: '5' }, /^TriggerInvalid: target is given twice/],
  ])('is refused with %s', (_, metadata, message) => {
    expect(refusalOf(metadata)).toMatch(message);
  });

  it('is refused in a namespace that cannot exist', () => {
    expect(refusalOf({}, 'Shop_1')).toMatch(/^NamespaceInvalid: /);
  });

  it('is refused if the rules of access refuse its namespace', () => {
    const policy = { ownRoutesOnly: true, knownNamespaces: [], rules: [] };
    const attempt = (namespace: string) =>
      parseTrigger(create(ScaledObjectRefSchema, refTo({}, { namespace })), parserWith(policy));
    expect(attempt('shop').request.routes).toEqual(['shop-web-80']);
    expect(() => attempt('team')).toThrow(/namespace "team" may read routes team-SERVICE-PORT/);
  });
});

describe('the metric name of a trigger', () => {
  it('is stable, and differs by metric and labels alone', () => {
    const names = [{}, { target: '3' }, { activation: '1' }, { enableTLS: 'true' }].map(
      (metadata) => parse(metadata).metricName,
    );
    expect(new Set(names).size).toBe(1);
    expect(names[0]).toMatch(/^sls-ingress-qps-[0-9a-f]{8}$/);
    expect(parse({ 'sls.query.interval': '30' }).metricName).not.toBe(names[0]);
    expect(parse({ metric: 'sls_ingress_inflow' }).metricName).toMatch(/^sls-ingress-inflow-/);
  });
});
