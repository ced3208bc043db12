import { expect, it } from 'vitest';
import { HpaController } from '../../src/scaling/controller.ts';
import { reasonOf } from '../../src/scaling/reason.ts';
import { behavior, seen, specOf } from './specs.ts';

const up300 = specOf({ behavior: behavior({ stabilizationWindowSeconds: 300 }) });
const three = specOf({ minReplicas: 3, maxReplicas: 5 });

it.each([
  ['ScaleUpLimit', specOf(), seen(2, 20_000)],
  ['SucceededRescale', specOf(), seen(2, 3000)],
  ['SucceededRescale', three, seen(9, 0)],
  ['ScaleDownStabilized', specOf(), seen(5, 1000)],
  ['ScaleUpStabilized', up300, seen(2, 9000)],
  ['FailedGetExternalMetric', specOf(), seen(2, Number.NaN)],
  ['ScalingDisabled', three, seen(0, 0)],
])("the controller's word for a decision is %s", (reason, spec, input) => {
  expect(reasonOf(spec, new HpaController(spec).sync(input))).toBe(reason);
});
