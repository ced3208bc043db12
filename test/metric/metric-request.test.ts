import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdapterError, type ErrorCode } from '../../src/errors.ts';
import { parseLabelSelector } from '../../src/grammar/label-selector.ts';
import { labelsOf } from '../../src/metric/catalog.ts';
import { labelDefinitions } from '../../src/metric/labels.ts';
import { parseMetricRequest } from '../../src/metric/metric-request.ts';
import { seriesOf } from '../../src/metric/series.ts';
import { builtIn } from '../support/catalog.ts';
import { anyOf } from '../support/choices.ts';
import { attempt, base, read, readMore, refusalOf } from './reads.ts';

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
      windowMode: undefined,
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
      'sls.query.window=adaptive',
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
      windowMode: 'adaptive',
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
      `${base},sls.ingress.route in (a-b-80,)`,
      'LabelValueInvalid',
      'sls.ingress.route is "" and must be a route as nginx-ingress logs it',
    ],
    [
      `${base},sls.ingress.service=My.Web,sls.ingress.port=80`,
      'LabelValueInvalid',
      'sls.ingress.service is "My.Web" and must be a DNS label: up to 63 lower-case letters, digits and hyphens',
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
    const names = labelsOf(builtIn.find('sls_ingress_qps')).map(({ name }) => name);
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
