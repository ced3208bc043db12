import { describe, expect, it } from 'vitest';
import { parseHpaManifest } from '../../src/scaling/hpa-manifest.ts';

const metric = {
  type: 'External',
  external: {
    metric: { name: 'sls_ingress_qps', selector: { matchLabels: { 'sls.ingress.route': 'default-web-80' } } },
    target: { type: 'AverageValue', averageValue: 10 as unknown },
  },
};
const hpa = (spec: object = {}) => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { maxReplicas: 10, metrics: [metric], ...spec },
});

describe('parseHpaManifest', () => {
  it('fills in the defaults of the API server', () => {
    const { spec, name, namespace } = parseHpaManifest(hpa());
    expect({ name, namespace }).toEqual({ name: 'web', namespace: 'shop' });
    expect(spec).toMatchObject({ minReplicas: 1, maxReplicas: 10, behavior: undefined });
    expect(spec.metrics).toMatchObject([{ kind: 'AverageValue', targetMilli: 10_000 }]);
    const { behavior } = parseHpaManifest(hpa({ behavior: {} })).spec;
    expect(behavior?.scaleUp.policies).toEqual([
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ]);
    expect(behavior?.scaleDown).toMatchObject({ stabilizationWindowSeconds: undefined, selectPolicy: 'Max' });
  });

  it('replaces the list of policies whole, and the other fields one by one', () => {
    const policies = [{ type: 'Pods', value: 1, periodSeconds: 60 }];
    const scaleDown = { policies, tolerance: '50m' };
    const { behavior } = parseHpaManifest(hpa({ behavior: { scaleDown } })).spec;
    expect(behavior?.scaleDown).toEqual({
      stabilizationWindowSeconds: undefined,
      selectPolicy: 'Max',
      policies,
      tolerance: 0.05,
    });
  });

  it('lists the metrics that it does not model', () => {
    const cpu = { type: 'Resource', resource: { name: 'cpu', target: {} } };
    const { otherMetrics, spec } = parseHpaManifest(hpa({ metrics: [cpu, metric] }));
    expect(otherMetrics).toEqual(['Resource cpu']);
    expect(spec.metrics).toHaveLength(1);
  });

  const down = (rules: object) => ({ behavior: { scaleDown: rules } });
  const policy = (fields: object) =>
    down({ policies: [{ type: 'Pods', value: 1, periodSeconds: 60, ...fields }] });
  it.each([
    [{ maxReplicas: undefined }, 'spec.maxReplicas must be a whole number of at least 1'],
    [{ minReplicas: 0 }, 'spec.minReplicas must be a whole number of at least 1, not 0'],
    [{ minReplicas: 11 }, 'spec.maxReplicas 10 must be at least minReplicas, 11'],
    [
      down({ stabilizationWindowSeconds: 3601 }),
      'stabilizationWindowSeconds must be a whole number from 0 to 3600',
    ],
    [down({ policies: [] }), 'spec.behavior.scaleDown.policies must have at least one policy'],
    [down({ selectPolicy: 'max' }), 'spec.behavior.scaleDown.selectPolicy must be Max, Min or Disabled'],
    [down({ tolerance: '-1' }), 'scaleDown.tolerance must be 0 or more'],
    [
      policy({ periodSeconds: 1801 }),
      'policies[0].periodSeconds must be a whole number from 1 to 1800, not 1801',
    ],
    [policy({ value: 0 }), 'policies[0].value must be a whole number of at least 1, not 0'],
    [policy({ type: 'Pod' }), 'policies[0].type must be Pods or Percent'],
    [
      { metrics: [{ ...metric, external: { ...metric.external, target: { type: 'Value', value: 'ten' } } }] },
      'spec.metrics[0].external.target.value must be a Quantity, such as 10 or 500m, not "ten"',
    ],
    [
      {
        metrics: [
          { ...metric, external: { ...metric.external, target: { type: 'Value', averageValue: 1 } } },
        ],
      },
      'must have type AverageValue with averageValue, or type Value with value',
    ],
  ])('refuses what the API server would refuse: %j', (spec, message) => {
    expect(() => parseHpaManifest(hpa(spec))).toThrow(message);
    expect(() => parseHpaManifest(hpa(spec))).toThrow(/^the API server would refuse the HPA: [^\n]*$/);
  });

  it('says what it found instead of an HPA', () => {
    expect(() => parseHpaManifest({ kind: 'Deployment' })).toThrow(
      'kind must be HorizontalPodAutoscaler, not "Deployment"',
    );
    expect(() => parseHpaManifest({ ...hpa(), apiVersion: 'autoscaling/v1' })).toThrow(
      'apiVersion must be autoscaling/v2',
    );
  });
});
