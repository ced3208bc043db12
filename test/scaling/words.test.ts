import { describe, expect, it } from 'vitest';
import { HpaController } from '../../src/scaling/controller.ts';
import { selectorText } from '../../src/scaling/selector-text.ts';
import { conditionsOf, eventsOf } from '../../src/scaling/words.ts';
import { behavior, seen, specOf } from './specs.ts';

const failure = {
  namespace: 'default',
  error: 'unable to fetch metrics from external metrics API: out of order',
};

describe('what the model says of a decision', () => {
  it('names the metric of a scale-up with its selector, in the words of kubectl describe hpa', () => {
    const plain = specOf();
    const selector = {
      matchLabels: { 'sls.logstore': 'nginx-ingress', 'sls.ingress.route': 'default-web-80' },
    };
    const metrics = plain.metrics.map((metric) => ({ ...metric, selectorText: selectorText(selector) }));
    const spec = { ...plain, metrics };
    const decision = new HpaController(spec).sync(seen(2, 20_000));
    const name =
      'external metric sls_ingress_qps(&LabelSelector{MatchLabels:map[string]string{sls.ingress.route: default-web-80,sls.logstore: nginx-ingress,},MatchExpressions:[]LabelSelectorRequirement{},})';
    expect(eventsOf(spec, decision)).toEqual([
      { type: 'Normal', reason: 'SuccessfulRescale', message: `New size: 4; reason: ${name} above target` },
    ]);
    expect(conditionsOf(spec, decision)).toEqual([
      {
        type: 'AbleToScale',
        status: 'True',
        reason: 'SucceededRescale',
        message: 'the HPA controller was able to update the target scale to 4',
      },
      {
        type: 'ScalingActive',
        status: 'True',
        reason: 'ValidMetricFound',
        message: `the HPA was able to successfully calculate a replica count from ${name}`,
      },
      {
        type: 'ScalingLimited',
        status: 'True',
        reason: 'ScaleUpLimit',
        message: 'the desired replica count is increasing faster than the maximum scale rate',
      },
    ]);
  });

  it('prints match expressions as Go does, and a missing selector as nil', () => {
    const matchExpressions = [{ key: 'sls.ingress.route', operator: 'In', values: ['a-b-80', 'c-d-80'] }];
    expect(selectorText({ matchExpressions })).toBe(
      '&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:sls.ingress.route,Operator:In,Values:[a-b-80 c-d-80],},},}',
    );
    expect(selectorText(undefined)).toBe('nil');
  });

  it('says which stabilization holds the replicas', () => {
    const held = new HpaController(specOf()).sync(seen(5, 1000));
    expect(conditionsOf(specOf(), held)[0]).toMatchObject({ reason: 'ScaleDownStabilized' });
    const spec = specOf({ behavior: behavior({ stabilizationWindowSeconds: 300 }) });
    const upHeld = new HpaController(spec).sync(seen(2, 9000));
    expect(conditionsOf(spec, upHeld)[0]).toMatchObject({
      reason: 'ScaleUpStabilized',
      message:
        'recent recommendations were lower than current one, applying the lowest recent recommendation',
    });
  });

  it('says why a metric failed, and that nothing was computed', () => {
    const decision = new HpaController(specOf()).sync(seen(2, Number.NaN));
    const text = `unable to get external metric default/sls_ingress_qps/nil: ${failure.error}`;
    expect(conditionsOf(specOf(), decision, failure)[1]).toEqual({
      type: 'ScalingActive',
      status: 'False',
      reason: 'FailedGetExternalMetric',
      message: `the HPA was unable to compute the replica count: ${text}`,
    });
    expect(eventsOf(specOf(), decision, failure)).toEqual([
      { type: 'Warning', reason: 'FailedGetExternalMetric', message: text },
      {
        type: 'Warning',
        reason: 'FailedComputeMetricsReplicas',
        message: `invalid metrics (1 invalid out of 1), first error is: failed to get sls_ingress_qps external metric value: failed to get sls_ingress_qps external metric: ${text}`,
      },
    ]);
  });

  it('gives the reason of a move into the bounds, and of a zero', () => {
    const spec = specOf({ minReplicas: 3, maxReplicas: 5 });
    const above = new HpaController(spec).sync(seen(9, 0));
    expect(eventsOf(spec, above)[0]?.message).toBe(
      'New size: 5; reason: Current number of replicas above Spec.MaxReplicas',
    );
    const disabled = new HpaController(spec).sync(seen(0, 0));
    expect(conditionsOf(spec, disabled)[1]).toMatchObject({ reason: 'ScalingDisabled', status: 'False' });
    const settings = { scalesToZero: true, downscaleStabilizationSeconds: 0 };
    const controller = new HpaController(specOf({ minReplicas: 0 }), settings);
    controller.sync(seen(1, 1000));
    const zero = controller.sync(seen(1, 0, { nowSeconds: 15 }));
    expect(conditionsOf(specOf(), zero).at(-1)).toMatchObject({ type: 'ScaledToZero', status: 'True' });
    expect(eventsOf(specOf(), zero)[0]?.message).toBe('New size: 0; reason: All metrics below target');
  });
});
