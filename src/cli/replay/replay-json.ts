import type { Figures } from '../../replay/figures.ts';
import { phases } from '../../replay/replay.ts';
import { formatQuantity } from '../../grammar/quantity.ts';
import type { AutoscalerSpec } from '../../scaling/autoscaler-spec.ts';
import { utcText } from '../time-text.ts';
import { costOf } from './replay-text.ts';
import type { Replayed } from './replayed.ts';
import type { Swept } from './sweep-settings.ts';
import type { SweptSetting } from '../../replay/front.ts';
import type { Score } from '../../replay/run.ts';
import { behaviorFields, withSettings } from '../../scaling/print-hpa.ts';

/** docs/replay.md describes this object. */
export function replayJson(replayed: Replayed, swept: Swept | undefined) {
  const { hpa, traffic, source, controller, capacities, runs, notes, limits } = replayed;
  const { fromSeconds, toSeconds } = traffic;
  return {
    hpa: `${hpa.namespace}/${hpa.manifest.name}`,
    source,
    from: utcText(fromSeconds),
    to: utcText(toSeconds),
    seconds: toSeconds - fromSeconds,
    kubernetes: `1.${controller.minor ?? ''}`,
    phases,
    podCapacity: capacities.find((one) => one !== undefined),
    runs: runs.map(({ startupSeconds, figures, reasons }) => ({
      startupSeconds,
      setting: settingJson(hpa.spec),
      reasons: Object.fromEntries(reasons.map(([reason, share]) => [reason, rounded(share, 6)])),
      ...figuresJson(figures, replayed),
    })),
    ...(runs.some(({ withForecast }) => withForecast !== undefined)
      ? {
          withForecast: runs.flatMap(({ startupSeconds, withForecast }) =>
            withForecast === undefined ? [] : { startupSeconds, ...figuresJson(withForecast, replayed) },
          ),
        }
      : {}),
    baselines: runs.map(({ startupSeconds, baselines }) => ({
      startupSeconds,
      fixedAtP99: figuresJson(baselines.fixedAtP99, replayed),
      perfectForesight: figuresJson(baselines.perfectForesight, replayed),
    })),
    ...(swept === undefined ? {} : { sweep: sweptJson(swept, replayed) }),
    notes,
    limits,
  };
}

/** `settings` has every setting that was tried, `front` those that no other beats. */
function sweptJson({ startupSeconds, settings, front, recommended, reason }: Swept, replayed: Replayed) {
  const ofSetting = (setting: SweptSetting) => ({
    setting: settingJson(setting.spec),
    ...scoreJson(setting, replayed),
  });
  return {
    startupSeconds,
    settings: settings.map(ofSetting),
    front: front.map(ofSetting),
    recommendation: {
      reason,
      setting: settingJson(recommended.spec),
      ...figuresJson(recommended.figures, replayed),
      manifest: withSettings(replayed.hpa.manifest, recommended.spec, replayed.hpa.indices),
    },
  };
}

/** The settings of an HPA that a sweep changes. */
function settingJson({ metrics, minReplicas, maxReplicas, behavior }: AutoscalerSpec) {
  return {
    targets: metrics.map(({ name, kind, targetMilli }) => ({
      metric: name,
      type: kind,
      value: formatQuantity(targetMilli / 1000),
    })),
    minReplicas,
    maxReplicas,
    ...(behavior === undefined ? {} : { behavior: behaviorFields(behavior) }),
  };
}

function scoreJson(score: Score, replayed: Replayed) {
  const { podHours, overloadedSeconds, unservedShare, changesPerHour } = score;
  const { gpuHours, cost } = costOf(score, replayed);
  return {
    podHours: rounded(podHours),
    gpuHours: rounded(gpuHours),
    ...(cost === undefined ? {} : { cost: rounded(cost) }),
    overloadedSeconds,
    unservedShare: rounded(unservedShare, 6),
    changesPerHour: rounded(changesPerHour),
  };
}

function figuresJson(figures: Figures, replayed: Replayed) {
  const { spread, changes } = figures;
  const { fromSeconds } = replayed.traffic;
  return {
    ...scoreJson(figures, replayed),
    spread: Object.fromEntries(
      Object.entries(spread).map(([name, [least, most]]) => [
        name,
        { least: rounded(least, 6), most: rounded(most, 6) },
      ]),
    ),
    replicas: changes.map(([second, replicas]) => ({
      time: utcText(fromSeconds + Math.ceil(second)),
      replicas,
    })),
  };
}

const rounded = (value: number, digits = 3): number => Number(value.toFixed(digits));
