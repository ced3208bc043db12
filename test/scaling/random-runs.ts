import type {
  AutoscalerSpec,
  ExternalMetricSpec,
  ScalingPolicy,
  ScalingRules,
} from '../../src/scaling/autoscaler-spec.ts';
import { HpaController, type ControllerSettings } from '../../src/scaling/controller.ts';
import { nextSync, type PastSync } from './rules-port.ts';
import { seeded } from '../support/seeded.ts';

const syncs = 40;

/** Runs the model and the port side by side over random syncs of a random HPA. Returns what differs first; undefined: nothing. */
export function firstDifference(seed: number): object | undefined {
  const random = seeded(seed);
  const int = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const pick = <T>(...values: readonly T[]): T => values[int(0, values.length - 1)] as T;
  const policy = (): ScalingPolicy => ({
    type: pick('Pods', 'Percent'),
    value: pick(1, 2, 4, 10, 50, 100, 900),
    periodSeconds: pick(1, 15, 30, 60, 120, 300, 1800),
  });
  const rules = (isUp: boolean): ScalingRules => ({
    stabilizationWindowSeconds: pick(isUp ? 0 : undefined, 0, 30, 60, 300, 600),
    selectPolicy: pick('Max', 'Max', 'Min', 'Disabled'),
    policies: Array.from({ length: int(1, 3) }, policy),
    tolerance: pick(undefined, undefined, 0, 0.05, 0.5),
  });
  const metric = (): ExternalMetricSpec => ({
    name: 'sls_ingress_qps',
    kind: pick('AverageValue', 'AverageValue', 'Value'),
    targetMilli: pick(1, 333, 1000, 2500, 10_000),
  });
  const minReplicas = pick(0, 1, 1, 2, 5);
  const spec: AutoscalerSpec = {
    minReplicas,
    maxReplicas: minReplicas + int(1, pick(3, 20, 200)),
    metrics: Array.from({ length: int(1, 3) }, metric),
    behavior: random() < 0.7 ? { scaleUp: rules(true), scaleDown: rules(false) } : undefined,
  };
  const settings: ControllerSettings = {
    minor: int(20, 36),
    tolerance: pick(0.1, 0.1, 0, 0.05),
    downscaleStabilizationSeconds: pick(300, 300, 0, 60),
    scalesToZero: random() < 0.5,
  };
  const controller = new HpaController(spec, settings);
  const past: PastSync[] = [];
  let nowSeconds = 1_700_000_000;
  let specReplicas = int(0, 12);
  for (let sync = 0; sync < syncs; sync++) {
    nowSeconds += pick(15, 15, 15, 15.01, 5, 60, 0.5);
    // Now and then by hand.
    if (random() < 0.03) specReplicas = int(0, 30);
    const statusReplicas = random() < 0.8 ? specReplicas : int(0, specReplicas + 2);
    const level = pick(0, 0.9, 1, 1.1, 1.1, random() * 3, random() * 3, random() * 30);
    const usagesMilli = spec.metrics.map(({ kind, targetMilli }) => {
      if (random() < 0.08) return Number.NaN;
      const pods = kind === 'Value' ? 1 : Math.max(1, specReplicas);
      return Math.ceil(level * targetMilli * pods);
    });
    const input = {
      ...{ nowSeconds, specReplicas, statusReplicas, usagesMilli },
      readyReplicas: random() < 0.7 ? statusReplicas : int(0, statusReplicas),
    };
    const expected = nextSync(spec, settings, past, input);
    const { replicas } = controller.sync(input);
    if (replicas !== expected.after) return { seed, sync, spec, settings, input, replicas, expected };
    past.push(expected);
    specReplicas = replicas;
  }
  return undefined;
}
