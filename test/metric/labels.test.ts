import { describe, expect, it } from 'vitest';
import { checkLabelKey, checkLabelValue } from '../../src/grammar/label-selector.ts';
import { labelDefinitions, type LabelDefinition, type LabelId } from '../../src/metric/labels.ts';

/** For each label, values that it accepts and values that it refuses, close to each other. */
const edges: Record<LabelId, { readonly taken: readonly string[]; readonly refused: readonly string[] }> = {
  project: {
    taken: ['k8s-log-c1', 'ab', 'a'.repeat(63)],
    refused: ['', 'a', '-ab', 'ab-', 'a_b', 'a.b', 'Ab'],
  },
  logstore: { taken: ['nginx-ingress', 'alb_log', 'ab'], refused: ['', 'a', '_ab', 'ab_', 'a.b', 'Ab'] },
  route: {
    taken: [
      'default-web-80',
      'a-b-http',
      'x--y-z-80',
      'upstream-default-backend',
      'custom-default-backend-shop-web',
      'sticky-shop-web-80',
      'shop-INVALID',
    ],
    refused: [
      '',
      'web',
      'default-web',
      'a--b',
      'default_web_80',
      'Default-web-80',
      'default-Web-80',
      'default-web-HTTP',
      'default.web.80',
      'default-web-80-',
      'INVALID',
      'shop-web-INVALID-80',
      'Shop-INVALID',
      'internal',
      'invalid_upstream_name',
    ],
  },
  namespace: { taken: ['a', 'kube-system'], refused: ['', '-a', 'a-', 'a_b', 'a.b', 'A'] },
  service: { taken: ['web', '0a'], refused: ['', '-a', 'a-', 'a_b', 'a.b', 'A'] },
  port: { taken: ['80', 'http', 'grpc-web'], refused: ['', '-1', 'a_b', 'A'] },
  host: {
    taken: ['a', 'api.example.com', 'a_b', '10.0.0.1'],
    refused: ['', 'A', '.a', 'a-', "a'b", 'a b', '*.a'],
  },
  method: { taken: ['GET', 'PROPFIND'], refused: ['', 'get', 'G1', "GET'"] },
  status: {
    taken: ['200', '599', '5xx', '1xx'],
    refused: ['', '600', '99', '5x', '5XX', 'xxx', '20x', '2000'],
  },
  interval: { taken: ['1', '15', '3600'], refused: ['', '0', '3601', '15s', '1.5'] },
  window: { taken: ['fixed', 'adaptive'], refused: ['', 'Adaptive', 'auto'] },
  delay: { taken: ['0', '600'], refused: ['', '601', 'a'] },
  maxRetry: { taken: ['0', '20'], refused: ['', '21', 'a'] },
  internalEndpoint: { taken: ['true', 'false'], refused: ['', 'True', '1', 'yes'] },
  ahead: { taken: ['60', '900'], refused: ['', '59', '901', '3m', '1.5'] },
  quantile: { taken: ['0.5', '0.99', '0.9'], refused: ['', '.9', '0.49', '0.991', '1', '90', '1e-1'] },
};

const definitions = Object.entries(labelDefinitions) as [LabelId, LabelDefinition][];

describe('labels', () => {
  it.each(definitions)('%s accepts the values that its description names', (id, label) => {
    expect(edges[id].taken.filter((value) => !label.accepts(value))).toEqual([]);
    expect(edges[id].refused.filter((value) => label.accepts(value))).toEqual([]);
  });

  it('have names and values that are valid in a selector', () => {
    for (const [id, { name }] of definitions) {
      expect(() => checkLabelKey(name)).not.toThrow();
      for (const value of edges[id].taken) expect(() => checkLabelValue(name, value)).not.toThrow();
    }
  });

  it('include all labels of the stock adapter', () => {
    const names = definitions.map(([, { name }]) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'sls.project',
        'sls.logstore',
        'sls.ingress.route',
        'sls.query.interval',
        'sls.query.delay',
        'sls.query.max_retry',
        'sls.internal.endpoint',
      ]),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it('accept several values only for the route, one item each, and for filters, which select lines', () => {
    expect(
      definitions.flatMap(([id, { several }]) => (several === undefined ? [] : [[id, several]])),
    ).toEqual([
      ['route', 'items'],
      ['host', 'lines'],
      ['method', 'lines'],
      ['status', 'lines'],
    ]);
  });
});
