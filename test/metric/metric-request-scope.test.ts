import { describe, expect, it } from 'vitest';
import { AdapterError } from '../../src/errors.ts';
import { parseLabelSelector } from '../../src/grammar/label-selector.ts';
import { createCatalog } from '../../src/metric/catalog.ts';
import { parseMetricRequest } from '../../src/metric/metric-request.ts';
import { ownMetric } from '../../src/config/own-metrics/own-metric.ts';
import { anyOf, noneOf } from '../support/choices.ts';
import { base, read, readMore, refusalOf } from './reads.ts';

/** Kubernetes refuses each of them as the name of a Namespace. */
const notNamespaces = [
  '*',
  'Default',
  'a b',
  'a/b',
  '-x',
  'x-',
  'a.b',
  'a_b',
  '%74eam',
  '{namespace}',
  '',
  'n'.repeat(80),
  'ü',
];

describe('the namespace of a read', () => {
  it.each(notNamespaces)('is refused if it cannot exist: %j', (namespace) => {
    for (const selector of [base, `${base},sls.ingress.service=web,sls.ingress.port=80`])
      expect(() => read(selector, {}, namespace)).toThrow(
        new AdapterError(
          'NamespaceInvalid',
          `namespace ${JSON.stringify(namespace)} cannot exist: it must be a DNS label: up to 63 lower-case letters, digits and hyphens`,
        ),
      );
  });

  it('may have 63 characters', () => {
    const [namespace, parts] = ['n'.repeat(63), 'sls.ingress.service=web,sls.ingress.port=80'];
    expect(read(`${base},${parts}`, {}, namespace).routes).toEqual([`${namespace}-web-80`]);
  });
});

describe('the route', () => {
  it.each(['default_web_80', 'Default-web-80', 'web', 'default-web', 'internal', 'default.web.80'])(
    'is refused if the log of no ingress has it: %s',
    (route) => {
      const { code, what, message } = refusalOf(`${base},sls.ingress.route in (default-web-80,${route})`);
      expect(code).toBe('LabelValueInvalid');
      expect(what).toContain(`sls.ingress.route is "${route}" and must be a route as nginx-ingress logs it`);
      expect(message).not.toContain('\n');
    },
  );

  it.each([
    'upstream-default-backend',
    'custom-default-backend-shop-web',
    'sticky-shop-web-80',
    'shop-INVALID',
  ])('may be a backend that the controller names without a Service: %s', (route) => {
    expect(readMore(`sls.ingress.route=${route}`).routes).toEqual([route]);
  });

  it('of a metric of the configuration may be any text', () => {
    const settings = { name: 'm', description: 'Lines', unit: 'lines', search: '*', aggregate: 'count(*)' };
    const own = ownMetric({ ...settings, groupBy: 'app', emptyWindow: 'zero', labels: [] }, 0);
    const labels = parseLabelSelector(`${base},sls.ingress.route in (default_web_80,Checkout)`);
    const { routes } = parseMetricRequest('m', 'default', labels, {}, createCatalog([own]));
    expect(routes).toEqual(['Checkout', 'default_web_80']);
  });

  it('is undefined for the whole logstore', () => {
    expect(read(base).routes).toBeUndefined();
  });

  it('may be a list, with each route once and in a stable order', () => {
    const written = readMore('sls.ingress.route in (b-b-1,a-a-1,b-b-1)').routes;
    expect(written).toEqual(['a-a-1', 'b-b-1']);
    expect(readMore('sls.ingress.route in (a-a-1)').routes).toEqual(['a-a-1']);
  });

  it('is composed of service and port, with the namespace of the HPA', () => {
    const selector = `${base},sls.ingress.service=web,sls.ingress.port=http`;
    expect(read(selector, {}, 'shop').routes).toEqual(['shop-web-http']);
  });

  it('is composed of three parts and may be longer than 63 characters', () => {
    const [namespace, service] = ['n'.repeat(63), 's'.repeat(63)];
    const parts = `sls.ingress.namespace=${namespace},sls.ingress.service=${service},sls.ingress.port=8501`;
    expect(readMore(parts).routes).toEqual([`${namespace}-${service}-8501`]);
  });

  it.each([
    ['sls.ingress.service=web', 'sls.ingress.port'],
    ['sls.ingress.port=80', 'sls.ingress.service'],
    ['sls.ingress.namespace=shop', 'sls.ingress.service'],
    ['sls.ingress.namespace=shop,sls.ingress.service=web', 'sls.ingress.port'],
  ])('in parts needs all of them: %s lacks %s', (parts, missing) => {
    const { code, what } = refusalOf(`${base},${parts}`);
    expect(code).toBe('LabelMissing');
    expect(what).toContain(`label ${missing} is missing`);
  });

  it.each([
    ['sls.ingress.service=web,sls.ingress.port=80', 'sls.ingress.service'],
    ['sls.ingress.port=80', 'sls.ingress.port'],
    ['sls.ingress.namespace=shop', 'sls.ingress.namespace'],
  ])('is refused both whole and in parts: with %s', (parts, named) => {
    expect(refusalOf(`${base},sls.ingress.route=a-b-80,${parts}`)).toMatchObject({
      code: 'LabelValueInvalid',
      what: `sls.ingress.route names the whole route and ${named} a part of one; keep one of them`,
    });
  });
});

describe('a filter', () => {
  const filtersOf = (label: string) => readMore(label).filters;

  it.each([
    ['sls.ingress.host in (b.example.com,a.example.com)', { host: anyOf('a.example.com', 'b.example.com') }],
    ['sls.ingress.host!=a.example.com', { host: noneOf('a.example.com') }],
    ['sls.ingress.method notin (PUT,GET,PUT)', { method: noneOf('GET', 'PUT') }],
    ['sls.ingress.status notin (404,499)', { status: noneOf('404', '499') }],
    ['sls.ingress.status in (503,5xx,404,500)', { status: anyOf('404', '5xx') }],
    ['sls.ingress.status in (200)', { status: anyOf('200') }],
    ['sls.ingress.status notin (000,5xx,599)', { status: noneOf('000', '5xx') }],
    ['sls.ingress.host in (5xx,503)', { host: anyOf('503', '5xx') }],
  ])('%s selects lines', (label, filters) => {
    expect(filtersOf(label)).toEqual(filters);
    expect(readMore(label).series).toHaveLength(1);
  });

  it('that selects the same lines is the same series, whatever the selector looks like', () => {
    const keyOf = (label: string) => readMore(label).series[0]?.key;
    for (const [one, other] of [
      ['sls.ingress.status=404', 'sls.ingress.status in (404)'],
      ['sls.ingress.status!=404', 'sls.ingress.status notin (404)'],
      ['sls.ingress.status in (404,5xx)', 'sls.ingress.status in (5xx,503,404)'],
      ['sls.ingress.method in (PUT,GET)', 'sls.ingress.method in (GET,PUT)'],
    ] as const)
      expect(keyOf(one)).toBe(keyOf(other));
    expect(keyOf('sls.ingress.status=404')).not.toBe(keyOf('sls.ingress.status!=404'));
  });

  it('is named in the labels of the reading as in a selector', () => {
    const label = 'sls.ingress.status notin (499,404),sls.ingress.method in (PUT,GET),sls.ingress.host=a.b';
    expect(readMore(label).series[0]?.labels).toMatchObject({
      'sls.ingress.host': 'a.b',
      'sls.ingress.method': 'in (GET,PUT)',
      'sls.ingress.status': 'notin (404,499)',
    });
  });

  it('takes at most 30 values, each of which is checked', () => {
    const statuses = (count: number) => Array.from({ length: count }, (_, n) => 400 + n).join(',');
    expect(filtersOf(`sls.ingress.status in (${statuses(30)})`).status?.values).toHaveLength(30);
    expect(refusalOf(`${base},sls.ingress.status notin (${statuses(31)})`)).toMatchObject({
      code: 'LabelValueInvalid',
      what: 'sls.ingress.status takes at most 30 values, not 31',
    });
    expect(refusalOf(`${base},sls.ingress.status notin (404,4040)`).what).toMatch(
      /^sls.ingress.status is "4040"/,
    );
    expect(refusalOf(`${base},sls.ingress.host!=`).what).toMatch(/^sls.ingress.host is ""/);
  });
});

it('a read takes at most 1,000 routes', () => {
  const routes = (count: number) => Array.from({ length: count }, (_, n) => `a-b-${n}`).join(',');
  const own = base.replace(/,?sls\.ingress\.route[^,]*/, '');
  expect(refusalOf(`${own},sls.ingress.route in (${routes(1001)})`)).toMatchObject({
    code: 'LabelValueInvalid',
    what: 'sls.ingress.route takes at most 1000 values, not 1001',
  });
});

describe('an alias of a host', () => {
  const long = 'web.c0123456789abcdef0123456789abcdef.cn-beijing.alicontainer.com';
  const catalog = createCatalog([], { Web: long, Shop: 'shop.example.com' });
  const readWith = (label: string) =>
    parseMetricRequest('sls_ingress_qps', 'default', parseLabelSelector(`${base},${label}`), {}, catalog);

  it('stands for the host, in every form of the filter', () => {
    expect(readWith('sls.ingress.host=Web').filters).toEqual({ host: anyOf(long) });
    expect(readWith('sls.ingress.host!=Web').filters).toEqual({ host: noneOf(long) });
    expect(readWith('sls.ingress.host notin (Web,a.example.com,Shop)').filters).toEqual({
      host: noneOf('a.example.com', 'shop.example.com', long),
    });
  });

  it('and the host itself are one series, named by the host', () => {
    const [one, other] = ['Shop', 'shop.example.com'].map(
      (host) => readWith(`sls.ingress.host=${host}`).series[0],
    );
    expect(one?.key).toBe(other?.key);
    expect(one?.labels['sls.ingress.host']).toBe('shop.example.com');
    expect(readWith('sls.ingress.host in (Shop,shop.example.com)').filters).toEqual(other?.filters);
  });

  it('that is not configured is refused with what to write', () => {
    expect(refusalOf(`${base},sls.ingress.host=Web`)).toMatchObject({
      code: 'LabelValueInvalid',
      what: 'sls.ingress.host is "Web" and must be a host name in lower case, such as api.example.com, or an alias of the setting hosts',
    });
  });
});
