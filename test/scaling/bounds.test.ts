import { describe, expect, it } from 'vitest';
import type { AutoscalerSpec } from '../../src/scaling/autoscaler-spec.ts';
import { HpaController, type ControllerSettings, type SyncInput } from '../../src/scaling/controller.ts';
import { seen, specOf } from './specs.ts';

const forgetful = { downscaleStabilizationSeconds: 0 };

const decideOnce = (
  spec: AutoscalerSpec,
  input: SyncInput,
  { settings }: { settings?: ControllerSettings } = {},
) => new HpaController(spec, settings).sync(input);

describe('the HPA controller at its bounds', () => {
  it('moves into them at once, without a look at the metrics (TestTooFewReplicas, TestTooManyReplicas)', () => {
    const spec = specOf({ minReplicas: 3, maxReplicas: 5 });
    expect(decideOnce(spec, seen(2, Number.NaN))).toMatchObject({ replicas: 3, kind: 'belowMin' });
    expect(decideOnce(spec, seen(10, Number.NaN))).toMatchObject({ replicas: 5, kind: 'aboveMax' });
  });

  it('is disabled at zero replicas, unless minReplicas is 0', () => {
    expect(decideOnce(specOf(), seen(0, 5000))).toMatchObject({ replicas: 0, kind: 'disabled' });
    const toZero = specOf({ minReplicas: 0 });
    expect(decideOnce(toZero, seen(0, 5000), { settings: { minor: 35, scalesToZero: true } }).replicas).toBe(
      4,
    );
  });

  it('leaves from 1.36 on only a zero that it made itself', () => {
    const spec = specOf({ minReplicas: 0 });
    const settings = { scalesToZero: true, ...forgetful };
    expect(decideOnce(spec, seen(0, 5000), { settings }).kind).toBe('disabled');
    const controller = new HpaController(spec, settings);
    controller.sync(seen(1, 1000));
    expect(controller.sync(seen(1, 0, { nowSeconds: 15 })).replicas).toBe(0);
    expect(controller.sync(seen(0, 0, { nowSeconds: 30 })).replicas).toBe(0);
    expect(controller.sync(seen(0, 5000, { nowSeconds: 45 })).replicas).toBe(4);
  });
});
