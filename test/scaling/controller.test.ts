import { describe, expect, it } from 'vitest';
import type { AutoscalerSpec, ScalingRules } from '../../src/scaling/autoscaler-spec.ts';
import { HpaController, type ControllerSettings, type SyncInput } from '../../src/scaling/controller.ts';
import { ScaleEvents } from '../../src/scaling/scale-events.ts';
import { reasonOf } from '../../src/scaling/reason.ts';
import { behavior, percent, pods, seen, specOf } from './specs.ts';

/** The cases of the tests of kube-controller-manager, by the names that they have there. Wanted replicas are usage / 1000. */
function decide(
  spec: AutoscalerSpec,
  input: SyncInput,
  { settings = {}, recommended = [], ups = [], downs = [] }: Past = {},
) {
  const controller = new HpaController(spec, settings);
  for (const [replicas, atSeconds] of recommended) controller.recommendations.add(replicas, atSeconds);
  for (const [change, atSeconds] of ups) controller.scaleUps.add(change, atSeconds);
  for (const [change, atSeconds] of downs) controller.scaleDowns.add(change, atSeconds);
  const decision = controller.sync(input);
  const { kind, replicas, stabilized, limit } = decision;
  return { ...decision, limited: kind === 'computed' && replicas !== stabilized ? limit : undefined };
}

interface Past {
  readonly settings?: ControllerSettings;
  /** Pairs of replicas and seconds; now is 0. */
  readonly recommended?: readonly (readonly [number, number])[];
  readonly ups?: readonly (readonly [number, number])[];
  readonly downs?: readonly (readonly [number, number])[];
}

const forgetful = { downscaleStabilizationSeconds: 0 };
const at = ([a, b, c]: readonly [number, number, number]) =>
  [
    [a, -100],
    [b, -60],
    [c, -20],
  ] as const;
const rules = (...policies: ScalingRules['policies']): Partial<ScalingRules> => ({
  policies,
  stabilizationWindowSeconds: 0,
});

describe('the HPA controller, from metric to replicas', () => {
  it.each([
    [
      'TestScaleUpPerPodCMExternal',
      specOf({ minReplicas: 2, maxReplicas: 6, perPod: 2222 }),
      seen(3, 8600),
      4,
    ],
    ['TestScaleUpCMExternal', specOf({ value: 6666 }), seen(3, 8600), 4],
    ['TestScaleDownPerPodCMExternal', specOf({ perPod: 3000 }), seen(5, 8600), 3],
    ['TestScaleDownCMExternal', specOf({ value: 14_400 }), seen(5, 8600), 3],
    ['TestScaleDownToZeroCMExternal', specOf({ minReplicas: 0, value: 14_400 }), seen(5, 0), 0],
    ['TestTolerancePerPodCMExternal', specOf({ perPod: 2200 }), seen(4, 8600), 4],
    [
      'TestReplicaCalcScaleUpCMExternalIgnoresUnreadyPods',
      specOf({ value: 4400 }),
      seen(3, 8600, { readyReplicas: 1 }),
      2,
    ],
  ])('%s', (_, spec, input, replicas) => {
    // With no older recommendation than now, as the Go tests have it.
    const decision = decide(spec, input, {
      settings: { ...forgetful, scalesToZero: true },
      recommended: [[0, -1]],
    });
    expect(decision.replicas).toBe(replicas);
  });

  it('counts only ready pods for a Value, and all pods for an AverageValue', () => {
    const settings = forgetful;
    const starting = seen(3, 8600, { readyReplicas: 1, nowSeconds: 1 });
    expect(decide(specOf({ value: 4400 }), starting, { settings, recommended: [[0, 0]] }).proposal).toBe(2);
    expect(decide(specOf({ perPod: 4400 }), starting, { settings }).proposal).toBe(2);
    expect(decide(specOf({ perPod: 2200 }), starting, { settings }).proposal).toBe(4);
  });

  it('says ReadyForNewScale within the tolerance', () => {
    const spec = specOf({ perPod: 2200 });
    const decision = decide(spec, seen(4, 8600));
    expect(reasonOf(spec, decision)).toBe('ReadyForNewScale');
  });

  it('takes the tolerance of a direction from 1.35 on (TestReplicaCalcConfigurableTolerance…)', () => {
    const perPod = specOf({ perPod: 2800, behavior: behavior({ tolerance: 0.01 }) });
    const value = specOf({ value: 8800, behavior: behavior({ tolerance: 0.01 }) });
    expect(decide(perPod, seen(3, 8600)).replicas).toBe(4);
    expect(decide(perPod, seen(3, 8600), { settings: { minor: 34 } }).replicas).toBe(3);
    expect(decide(value, seen(3, 8900)).replicas).toBe(4);
  });

  it('scales at 1.1 of the target up to 1.32, because of doubles, and stays from 1.33 on', () => {
    const up = seen(1, 11_000);
    const spec = specOf({ perPod: 10_000 });
    expect(decide(spec, up, { settings: { minor: 32 } }).replicas).toBe(2);
    expect(decide(spec, up, { settings: { minor: 33 } }).replicas).toBe(1);
    for (const minor of [20, 32, 33, 36])
      expect(decide(spec, seen(10, 90_000), { settings: { minor, ...forgetful } }).replicas).toBe(10);
  });
});

describe('the HPA controller without a behavior (TestConvertDesiredReplicasWithRules)', () => {
  it.each([
    ['doubles at most', specOf({ maxReplicas: 2000 }), seen(3, 1_000_000), 6, 'ScaleUpLimit'],
    ['stops at the maximum', specOf({ maxReplicas: 10 }), seen(6, 1_000_000), 10, 'TooManyReplicas'],
    ['stops at the minimum', specOf({ minReplicas: 2 }), seen(3, 1000), 2, 'TooFewReplicas'],
    ['raises to four at least', specOf(), seen(1, 1_000_000), 4, 'ScaleUpLimit'],
  ])('%s', (_, spec, input, replicas, limited) => {
    expect(decide(spec, input, { settings: forgetful, recommended: [[0, -1]] })).toMatchObject({
      replicas,
      limited,
    });
  });

  it('keeps the highest recommendation of five minutes (TestNormalizeDesiredReplicas)', () => {
    const recommended = [
      [10, -600],
      [9, -540],
      [5, -120],
      [4, -60],
    ] as const;
    expect(decide(specOf(), seen(9, 3000), { recommended })).toMatchObject({ proposal: 3, replicas: 5 });
  });

  it('counts a recommendation that is exactly five minutes old', () => {
    const recommended = [[7, -300]] as const;
    expect(decide(specOf(), seen(9, 3000), { recommended }).replicas).toBe(7);
    expect(decide(specOf({ behavior: behavior() }), seen(9, 3000), { recommended }).replicas).toBe(3);
  });

  it('never scales down in the first five minutes of a process', () => {
    expect(decide(specOf(), seen(9, 3000)).replicas).toBe(9);
  });
});

describe('the HPA controller with a behavior (TestScalingWithRules)', () => {
  const up = (...policies: ScalingRules['policies']) =>
    specOf({ behavior: behavior(rules(...policies), rules(percent(100, 15))) });
  const down = (...policies: ScalingRules['policies']) =>
    specOf({ behavior: behavior(rules(pods(4, 15)), rules(...policies)) });
  const upMin = { ...rules(pods(2, 60), percent(50, 60)), selectPolicy: 'Min' as const };

  it.each([
    ['the default behavior', specOf({ behavior: behavior() }), 10, 50, {}, 20, 'ScaleUpLimit'],
    ['P100/60 + Q100/60', up(pods(100, 60), percent(100, 60)), 10, 500, {}, 110, 'ScaleUpLimit'],
    ['Q1/60, which rounds up', up(percent(1, 60)), 3, 1000, {}, 4, 'ScaleUpLimit'],
    ['P150/120 with events', up(pods(150, 120)), 100, 500, { ups: at([1, 5, 9]) }, 235, 'ScaleUpLimit'],
    ['Q200/120 with events', up(percent(200, 120)), 100, 500, { ups: at([1, 5, 9]) }, 255, 'ScaleUpLimit'],
    ['P5/120, used up', up(pods(5, 120)), 100, 500, { ups: at([1, 5, 9]) }, 100, 'ScaleUpLimit'],
    ['down P20/60 + Q1/60', down(pods(20, 60), percent(1, 60)), 100, 2, {}, 80, 'ScaleDownLimit'],
    [
      'down Q50/120 with events',
      down(percent(50, 120)),
      100,
      0,
      { downs: at([2, 4, 6]) },
      56,
      'ScaleDownLimit',
    ],
    [
      'down Q10/120, used up',
      down(percent(10, 120)),
      100,
      0,
      { downs: at([10, 10, 10]) },
      100,
      'ScaleDownLimit',
    ],
    ['Q700/60 (TestUpscaleCap)', up(percent(700, 60)), 3, 60, {}, 24, 'ScaleUpLimit'],
    ['Min of P2/60, Q50/60, up', specOf({ behavior: behavior(upMin) }), 1, 100, {}, 2, 'ScaleUpLimit'],
    ['Min of P2/60, Q50/60, down', specOf({ behavior: behavior({}, upMin) }), 5, 0, {}, 3, 'ScaleDownLimit'],
    ['Disabled', specOf({ behavior: behavior({ selectPolicy: 'Disabled' }) }), 3, 9, {}, 3, 'ScaleUpLimit'],
  ] as const)('%s', (_, spec, current, wanted, past, replicas, limited) => {
    const recommended = [[wanted, -1]] as const;
    expect(decide(spec, seen(current, wanted * 1000), { recommended, ...past })).toMatchObject({
      replicas,
      limited,
    });
  });

  it('counts the changes of both directions within a period from 1.26 on', () => {
    const spec = up(pods(5, 120));
    const past = { ups: [[5, -60]], downs: [[3, -30]], recommended: [[20, -1]] } as const;
    expect(decide(spec, seen(10, 20_000), past).replicas).toBe(13);
    expect(decide(spec, seen(10, 20_000), { ...past, settings: { minor: 25 } }).replicas).toBe(10);
  });

  it('keeps the lowest recommendation of the up window, and the highest of the down window', () => {
    const recommended = [
      [4, -120],
      [5, -60],
    ] as const;
    const upWindow = specOf({ behavior: behavior({ stabilizationWindowSeconds: 300 }) });
    const downWindow = specOf({
      behavior: behavior({}, { stabilizationWindowSeconds: 180, policies: [percent(100, 15)] }),
    });
    expect(decide(upWindow, seen(1, 7000), { recommended }).replicas).toBe(4);
    expect(decide(downWindow, seen(100, 3000), { recommended }).replicas).toBe(5);
  });

  it('leaves the current replicas only where both windows allow it, from 1.21 on', () => {
    const spec = specOf({ behavior: behavior() });
    const recommended = [[9, -60]] as const;
    expect(decide(spec, seen(5, 4000), { recommended }).replicas).toBe(5);
    expect(decide(spec, seen(5, 4000), { recommended, settings: { minor: 20 } }).replicas).toBe(9);
  });
});

describe('scale events (TestStoreScaleEvents)', () => {
  it('counts those within the period, and reuses the place of an outdated one', () => {
    const events = new ScaleEvents(rules(pods(10, 60), percent(100, 30)) as ScalingRules);
    for (const [change, atSeconds] of [
      [7, -61],
      [9, -61],
      [6, -59],
      [8, -29],
    ] as const)
      events.add(change, atSeconds);
    expect(events.changeWithin(60, 0)).toBe(14);
    expect(events.changeWithin(120, 0)).toBe(30);
    events.add(1, 0);
    // One of -61 s is gone.
    expect(events.changeWithin(120, 0)).toBe(30 + 1 - 9);
  });
});

describe('the HPA controller with several metrics', () => {
  const spec = specOf();
  const [one] = spec.metrics;
  const two = {
    ...spec,
    metrics: one === undefined ? [] : [one, { ...one, name: 'sls_ingress_concurrency' }],
  };

  it('takes the largest proposal, and the first of equal ones', () => {
    expect(decide(two, seen(2, 0, { usagesMilli: [3000, 4000] }))).toMatchObject({ replicas: 4, metric: 1 });
    expect(decide(two, seen(2, 0, { usagesMilli: [4000, 4000] }))).toMatchObject({ replicas: 4, metric: 0 });
  });

  it('scales up but not down while one has an error, from 1.21 on (TestScaleUpOneMetricEmpty)', () => {
    const settings = forgetful;
    const up = seen(3, 0, { usagesMilli: [Number.NaN, 4000] });
    const down = seen(5, 0, { usagesMilli: [Number.NaN, 4000], nowSeconds: 1 });
    expect(decide(two, up, { settings })).toMatchObject({ replicas: 4, kind: 'computed', firstInvalid: 0 });
    expect(decide(two, down, { settings, recommended: [[0, 0]] })).toMatchObject({
      replicas: 5,
      kind: 'failed',
    });
    const old = { settings: { ...settings, minor: 20 }, recommended: [[0, 0]] as const };
    expect(decide(two, down, old).replicas).toBe(4);
  });

  it('changes nothing while all have errors, and records nothing', () => {
    const spec = specOf();
    const controller = new HpaController(spec);
    controller.sync(seen(9, 3000));
    for (const nowSeconds of [60, 120, 299])
      expect(controller.sync(seen(9, Number.NaN, { nowSeconds }))).toMatchObject({
        kind: 'failed',
        replicas: 9,
      });
    expect(controller.sync(seen(9, 3000, { nowSeconds: 301 })).replicas).toBe(3);
  });
});
