import { describe, expect, it } from 'vitest';
import { eventsOf, selectorText } from '../../../emulator/demo/hpa-events.ts';
import { HpaController } from '../../../src/scaling/controller.ts';
import { seen, specOf } from '../../scaling/specs.ts';

const failure = {
  namespace: 'default',
  error: 'unable to fetch metrics from external metrics API: out of order',
};
const hpaOf = (spec = specOf()) => ({ spec, selectors: [] });

describe('the events of an HPA', () => {
  it('name the metric of a scale-up with its selector, in the words of kubectl describe hpa', () => {
    const matchLabels = { 'sls.logstore': 'nginx-ingress', 'sls.ingress.route': 'default-web-80' };
    const hpa = { spec: specOf(), selectors: [{ matchLabels }] };
    const name =
      'external metric sls_ingress_qps(&LabelSelector{MatchLabels:map[string]string{sls.ingress.route: default-web-80,sls.logstore: nginx-ingress,},MatchExpressions:[]LabelSelectorRequirement{},})';
    expect(eventsOf(hpa, new HpaController(hpa.spec).sync(seen(2, 20_000)))).toEqual([
      { type: 'Normal', reason: 'SuccessfulRescale', message: `New size: 4; reason: ${name} above target` },
    ]);
  });

  it('print match expressions as Go does, and a missing selector as nil', () => {
    const matchExpressions = [{ key: 'sls.ingress.route', operator: 'In', values: ['a-b-80', 'c-d-80'] }];
    expect(selectorText({ matchExpressions })).toBe(
      '&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:sls.ingress.route,Operator:In,Values:[a-b-80 c-d-80],},},}',
    );
    expect(selectorText(undefined)).toBe('nil');
  });

  it('say why a metric failed, and that nothing was computed', () => {
    const decision = new HpaController(specOf()).sync(seen(2, Number.NaN));
    const text = `unable to get external metric default/sls_ingress_qps/nil: ${failure.error}`;
    expect(eventsOf(hpaOf(), decision, failure)).toEqual([
      { type: 'Warning', reason: 'FailedGetExternalMetric', message: text },
      {
        type: 'Warning',
        reason: 'FailedComputeMetricsReplicas',
        message: `invalid metrics (1 invalid out of 1), first error is: failed to get sls_ingress_qps external metric value: failed to get sls_ingress_qps external metric: ${text}`,
      },
    ]);
  });

  it('give the reason of a move into the bounds, and of a zero', () => {
    const spec = specOf({ minReplicas: 3, maxReplicas: 5 });
    expect(eventsOf(hpaOf(spec), new HpaController(spec).sync(seen(9, 0)))[0]?.message).toBe(
      'New size: 5; reason: Current number of replicas above Spec.MaxReplicas',
    );
    const settings = { scalesToZero: true, downscaleStabilizationSeconds: 0 };
    const controller = new HpaController(specOf({ minReplicas: 0 }), settings);
    controller.sync(seen(1, 1000));
    const zero = controller.sync(seen(1, 0, { nowSeconds: 15 }));
    expect(eventsOf(hpaOf(), zero)[0]?.message).toBe('New size: 0; reason: All metrics below target');
  });
});
