import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdapterError, type ErrorCode } from '../../src/errors.ts';
import { parseLabelSelector } from '../../src/grammar/label-selector.ts';
import { labelDefinitions } from '../../src/metric/labels.ts';
import {
  parseMetricRequest,
  type MetricRequest,
  type RequestDefaults,
} from '../../src/metric/metric-request.ts';
import { seriesOf } from '../../src/metric/series.ts';
import { builtIn } from '../support/catalog.ts';
import { anyOf, noneOf } from '../support/choices.ts';

const base = 'sls.project=k8s-log-c1,sls.logstore=nginx-ingress';

function read(selector: string, defaults: RequestDefaults = {}, namespace = 'default'): MetricRequest {
  return parseMetricRequest('sls_ingress_qps', namespace, parseLabelSelector(selector), defaults, builtIn);
}

const readMore = (labels: string) => read(`${base},${labels}`);

function attempt(selector: string, defaults?: RequestDefaults): MetricRequest | AdapterError {
  try {
    return read(selector, defaults);
  } catch (error) {
    if (error instanceof AdapterError) return error;
    throw error;
  }
}

function refusalOf(selector: string, defaults?: RequestDefaults): AdapterError {
  const found = attempt(selector, defaults);
  if (found instanceof AdapterError) return found;
  throw new Error(`accepted: ${selector}`);
}

describe('parseMetricRequest', () => {
  it('parses the selector of the guide, with the defaults of the stock adapter', () => {
    const route = 'default-bert-tfserving-202207181536-tensorflow-serving-8501';
    const request = read(
      `sls.ingress.route=${route},sls.logstore=nginx-ingress,sls.project=k8s-log-c0ffee0123456789`,
    );
    const { series, maxRetries, ...group } = request;
    expect({ ...group, maxRetries, metric: request.metric.name }).toEqual({
      metric: 'sls_ingress_qps',
      project: 'k8s-log-c0ffee0123456789',
      logstore: 'nginx-ingress',
      routes: [route],
      filters: {},
      intervalSeconds: 15,
      delaySeconds: undefined,
      maxRetries: 5,
      internalEndpoint: undefined,
    });
    expect(series).toEqual(seriesOf(group));
  });

  it('parses every label', () => {
    const labels = [
      'sls.ingress.route=a-b-80',
      'sls.ingress.host=api.example.com',
      'sls.ingress.method=POST',
      'sls.ingress.status=5xx',
      'sls.query.interval=60',
      'sls.query.delay=20',
      'sls.query.max_retry=3',
      'sls.internal.endpoint=false',
    ];
    const request = readMore(labels.join(','));
    const { series, maxRetries, ...group } = request;
    expect({ ...group, maxRetries, metric: request.metric.name }).toEqual({
      metric: 'sls_ingress_qps',
      project: 'k8s-log-c1',
      logstore: 'nginx-ingress',
      routes: ['a-b-80'],
      filters: { host: anyOf('api.example.com'), method: anyOf('POST'), status: anyOf('5xx') },
      intervalSeconds: 60,
      delaySeconds: 20,
      maxRetries: 3,
      internalEndpoint: false,
    });
    expect(series).toEqual(seriesOf(group));
  });

  it('distinguishes a delay and a retry count of 0 from labels that are left out', () => {
    expect(readMore('sls.query.delay=0,sls.query.max_retry=0')).toMatchObject({
      delaySeconds: 0,
      maxRetries: 0,
    });
  });

  it('takes project and logstore from the selector, or else from the defaults', () => {
    const defaults = { project: 'p-default', logstore: 'l-default' };
    expect(read('', defaults)).toMatchObject(defaults);
    expect(read('sls.project=mine', defaults)).toMatchObject({ project: 'mine', logstore: 'l-default' });
    expect(read('sls.logstore=mine', defaults)).toMatchObject({ project: 'p-default', logstore: 'mine' });
  });

  it('ignores an empty value of labels that manifests of the stock adapter leave empty', () => {
    const defaults = { project: 'p-default', logstore: 'l-default' };
    const empty = 'sls.project=,sls.logstore=,sls.ingress.route=,sls.internal.endpoint=';
    expect(read(empty, defaults)).toEqual(read('', defaults));
    expect(read('sls.ingress.route in ()', defaults).routes).toBeUndefined();
    const parts = 'sls.ingress.route=,sls.ingress.service=web,sls.ingress.port=80';
    expect(read(parts, defaults).routes).toEqual(['default-web-80']);
  });

  it.each(['true', 'false'])('parses sls.internal.endpoint=%s', (value) => {
    expect(readMore(`sls.internal.endpoint=${value}`).internalEndpoint).toBe(value === 'true');
  });

  it.each([
    ['sls.query.interval', 'intervalSeconds', 1, 3600],
    ['sls.query.delay', 'delaySeconds', 0, 600],
    ['sls.query.max_retry', 'maxRetries', 0, 20],
  ] as const)('takes %s within its range only', (label, key, least, most) => {
    fc.assert(
      fc.property(fc.integer({ min: least, max: most }), (value) => {
        expect(readMore(`${label}=${value}`)[key]).toBe(value);
      }),
    );
    const wrong = [String(most + 1), '1e2', '1.5', '0x1', 's15', '9999999999', ...(least > 0 ? ['0'] : [])];
    for (const value of wrong) {
      expect(refusalOf(`${base},${label}=${value}`)).toMatchObject({
        code: 'LabelValueInvalid',
        what: `${label} is ${JSON.stringify(value)} and must be a whole number from ${least} to ${most}`,
      });
    }
  });
});

describe('the route', () => {
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

describe('a refusal', () => {
  it.each<[string, ErrorCode, string]>([
    ['sls.logstore=l1', 'LabelMissing', 'label sls.project is missing (SLS project that holds the log.'],
    ['sls.project=p1', 'LabelMissing', 'label sls.logstore is missing (Logstore of the access log.'],
    [
      `${base},sls.query.intervall=15`,
      'LabelUnknown',
      'unknown label "sls.query.intervall"; known are sls.project, ',
    ],
    [`${base},app=web`, 'LabelUnknown', 'unknown label "app"'],
    [`${base},example.com/sls.project=x`, 'LabelUnknown', 'unknown label "example.com/sls.project"'],
    [`${base},__proto__=x`, 'SelectorMalformed', 'unable to parse requirement'],
    [`${base},constructor=x`, 'LabelUnknown', 'unknown label "constructor"'],
    [`${base},sls.project=k8s-log-c1`, 'LabelValueInvalid', 'sls.project is given more than once'],
    ['sls.project!=p1,sls.logstore=l1', 'OperatorUnsupported', 'sls.project does not take the operator "!="'],
    [
      `${base},sls.ingress.route notin (a)`,
      'OperatorUnsupported',
      'sls.ingress.route does not take the operator',
    ],
    [
      `${base},sls.query.interval>15`,
      'OperatorUnsupported',
      'sls.query.interval does not take the operator ">"',
    ],
    [`${base},!sls.ingress.route`, 'OperatorUnsupported', 'sls.ingress.route does not take the operator "!"'],
    [`${base},sls.ingress.route`, 'OperatorUnsupported', 'sls.ingress.route has no value'],
    ['sls.project in (p1,p2),sls.logstore=l1', 'LabelValueInvalid', 'sls.project takes one value, not 2'],
    ['sls.project=,sls.logstore=l1', 'LabelMissing', 'label sls.project is missing (SLS project that holds'],
    ['sls.project=p1,sls.logstore=', 'LabelMissing', 'label sls.logstore is missing (Logstore of the access'],
    [`sls.project=,${base}`, 'LabelValueInvalid', 'sls.project is given more than once'],
    ['sls.project in (,p1),sls.logstore=l1', 'LabelValueInvalid', 'sls.project takes one value, not 2'],
    [
      `${base},sls.ingress.status=`,
      'LabelValueInvalid',
      'sls.ingress.status is "" and must be a status from',
    ],
    [
      `${base},sls.query.interval=`,
      'LabelValueInvalid',
      'sls.query.interval is "" and must be a whole number',
    ],
    [
      'sls.project=My_Project,sls.logstore=l1',
      'LabelValueInvalid',
      'sls.project is "My_Project" and must be',
    ],
    [
      'sls.project=p1,sls.logstore=L1',
      'LabelValueInvalid',
      'sls.logstore is "L1" and must be 2 to 63 characters of',
    ],
    [
      `${base},sls.ingress.route in (a,)`,
      'LabelValueInvalid',
      'sls.ingress.route is "" and must be non-empty',
    ],
    [
      `${base},sls.ingress.service=My.Web,sls.ingress.port=80`,
      'LabelValueInvalid',
      'sls.ingress.service is "My.Web" and must be a DNS label: lower-case letters, digits and hyphens',
    ],
    [
      `${base},sls.internal.endpoint=yes`,
      'LabelValueInvalid',
      'sls.internal.endpoint is "yes" and must be true or false',
    ],
  ])('of %s is %s, with one line that says what to write', (selector, code, start) => {
    const refusal = refusalOf(selector);
    expect([refusal.code, refusal.httpStatus]).toEqual([code, 400]);
    expect(refusal.what.slice(0, start.length)).toBe(start);
    expect(refusal.message).not.toContain('\n');
    expect(refusal.message).toMatch(/\. (Write|Remove|Add|Correct) .*\.$/);
  });

  it('of an unknown label lists every known label', () => {
    const { what } = refusalOf(`${base},nope=x`);
    const names = Object.values(labelDefinitions).map(({ name }) => name);
    expect(what.split('; known are ')[1]?.split(', ')).toEqual(names);
  });

  it('of an unknown metric comes before refusals of labels', () => {
    const labels = parseLabelSelector('nope=x');
    expect(() => parseMetricRequest('nope', 'default', labels, {}, builtIn)).toThrow(
      new AdapterError(
        'MetricUnknown',
        'the server could not find the metric nope for external.metrics.k8s.io',
      ),
    );
  });

  it('is an AdapterError with status 400 for any labels', () => {
    const label = fc.constantFrom(...Object.values(labelDefinitions).map(({ name }) => name), 'other');
    const value = fc.constantFrom('', 'a', '0', '15', 'true', 'A_b', 'x'.repeat(63));
    const operator = fc.constantFrom('=', '!=', ' in (a),', '>');
    const requirement = fc.tuple(label, operator, value).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 5 }), (parts) => {
        const seen = attempt(parts.join(','), { project: 'p1', logstore: 'l1' });
        if (seen instanceof AdapterError) expect(seen.httpStatus).toBe(400);
        else expect(seen.project).not.toBe('');
      }),
    );
  });
});
