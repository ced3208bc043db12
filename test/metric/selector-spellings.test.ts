import { describe, expect, it } from 'vitest';
import { filterTexts } from '../../src/metric/series.ts';
import { seeded } from '../support/seeded.ts';
import { attempt } from './reads.ts';
import { AdapterError } from '../../src/errors.ts';

// A selector means what each of its parts says, or it is an error: no part is dropped, changed or read as another.

const selectors = 2500;
const random = seeded(558);
const oneOf = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;

const labels: Readonly<Record<string, readonly string[]>> = {
  'sls.project': ['k8s-log-a', 'k8s-log-b', '', 'K8S-LOG', '-', 'a', 'x'.repeat(63), 'x'.repeat(64)],
  'sls.logstore': ['nginx-ingress', 'other_1', '', 'a b', "x' OR '1'='1", 'l-'],
  'sls.ingress.route': ['default-web-80', 'a-b-1', '', 'web', 'Default-web-80', '*', 'a--80'],
  'sls.ingress.host': ['a.example.com', 'b.example.com', 'A.EXAMPLE.COM', '.', ''],
  'sls.ingress.method': ['GET', 'POST', 'get', '', 'G-T'],
  'sls.ingress.status': ['404', '5xx', '000', '600', '4XX', '', '+404', '0404'],
  'sls.query.interval': [
    '15',
    '60',
    '0',
    '-1',
    '1e2',
    '0x10',
    '15.0',
    '999999999',
    '1000000000',
    '٣',
    '015',
    '',
  ],
  'sls.query.delay': ['0', '10', '-1', '60', '3600', '1e1', ''],
  'sls.query.max_retry': ['0', '5', '-1', '99999', 'many'],
  'sls.internal.endpoint': ['true', 'false', 'TRUE', '1', ''],
  'sls.query.window': ['fixed', 'adaptive', 'Fixed', ''],
  'sls.forecast.ahead': ['180'],
  'SLS.project': ['k8s-log-b'],
  'sls.projects': ['k8s-log-b'],
  'sls.project/x': ['k8s-log-b'],
  __proto__: ['k8s-log-b'],
  constructor: ['x'],
};
const usual = { 'sls.project': 'k8s-log-a', 'sls.logstore': 'nginx-ingress' };

interface Part {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

function anyPart(): Part {
  const key = oneOf(Object.keys(labels));
  const valueOf = () => (random() < 0.6 ? labels[key]?.[0] : oneOf(labels[key] ?? [])) ?? '';
  const operator = oneOf(['=', '=', '=', '==', 'in', 'in', '!=', 'notin', '>', 'exists', '!']);
  const isSet = operator === 'in' || operator === 'notin';
  return {
    key,
    operator,
    values: isSet && random() < 0.7 ? [valueOf(), oneOf(labels[key] ?? [])] : [valueOf()],
  };
}

/** Returns the part as text, with white space where Kubernetes allows it. */
function spelled({ key, operator, values }: Part): string {
  const space = () => (random() < 0.2 ? oneOf([' ', '  ', '\t', '\n']) : '');
  if (operator === 'exists') return key;
  if (operator === '!') return `!${space()}${key}`;
  if (operator === 'in' || operator === 'notin')
    return `${key} ${operator} (${space()}${values.join(`${space()},${space()}`)}${space()})`;
  return `${space()}${key}${space()}${operator}${space()}${values.join()}${space()}`;
}

/** What the parts of a selector say, read apart from the adapter; undefined: it must be an error. */
function meaningOf(parts: readonly Part[]): Record<string, unknown> | undefined {
  const chosen = new Map<string, Part>();
  for (const part of parts) {
    if (chosen.has(part.key)) return undefined;
    chosen.set(part.key, part);
  }
  const one = (key: string) => {
    const part = chosen.get(key);
    return part === undefined ||
      (new Set(part.values).size === 1 && ['=', '==', 'in'].includes(part.operator))
      ? (part?.values[0] ?? '')
      : undefined;
  };
  const given = (key: string) => (one(key) === '' ? undefined : one(key));
  const routes = chosen.get('sls.ingress.route');
  const filters = ['host', 'method', 'status'].flatMap((name) => {
    const part = chosen.get(`sls.ingress.${name}`);
    if (part === undefined) return [];
    const values = [...new Set(part.values)].sort();
    const isIn = ['=', '==', 'in'].includes(part.operator);
    const text = isIn && values.length === 1 ? values[0] : `${isIn ? 'in' : 'notin'} (${values.join()})`;
    return [[name, text]];
  });
  const number = (key: string, usually?: number) => (one(key) === '' ? usually : Number(one(key)));
  return {
    project: one('sls.project'),
    logstore: one('sls.logstore'),
    routes: [...new Set(routes?.values ?? [''])].sort(),
    filters: Object.fromEntries(filters) as unknown,
    intervalSeconds: number('sls.query.interval', 15),
    delaySeconds: number('sls.query.delay'),
    maxRetries: number('sls.query.max_retry', 5),
    internalEndpoint: given('sls.internal.endpoint'),
    windowMode: given('sls.query.window'),
  };
}

describe('a selector', () => {
  it(`means what it says or is an error, in ${selectors} spellings`, () => {
    const faults: string[] = [];
    const outcomes = new Map<string, number>();
    for (let number = 0; number < selectors; number += 1) {
      const named = Object.entries(usual).filter(() => random() < 0.9);
      const parts: readonly Part[] = [
        ...named.map(([key, value]) => ({ key, operator: '=', values: [value] })),
        ...Array.from({ length: Math.floor(random() * 4) }, anyPart),
      ].sort(() => random() - 0.5);
      const text = parts.map(spelled).join(',');
      const found = attempt(text);
      const code = found instanceof AdapterError ? found.code : 'taken';
      outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
      if (found instanceof AdapterError) {
        if (code === 'Internal') faults.push(`${text}: ${found.message}`);
        continue;
      }
      const { project, logstore, intervalSeconds, delaySeconds, maxRetries, series } = found;
      const { internalEndpoint, windowMode, filters } = found;
      const said = {
        ...{ project, logstore, routes: series.map(({ route = '' }) => route).sort() },
        ...{ filters: filterTexts(filters), intervalSeconds, delaySeconds, maxRetries },
        ...{ internalEndpoint: internalEndpoint?.toString(), windowMode },
      };
      if (JSON.stringify(said) !== JSON.stringify(meaningOf(parts)))
        faults.push(`${text}: ${JSON.stringify(said)} instead of ${JSON.stringify(meaningOf(parts))}`);
    }
    expect(faults).toEqual([]);
    // The grammar has spellings of each kind.
    expect(outcomes.get('taken')).toBeGreaterThan(selectors / 10);
    for (const code of [
      'SelectorMalformed',
      'LabelUnknown',
      'LabelValueInvalid',
      'OperatorUnsupported',
      'LabelMissing',
    ])
      expect(outcomes.get(code), code).toBeGreaterThan(selectors / 100);
  });
});
