import type { AutoscalerSpec, ScalingRules } from '../../src/scaling/autoscaler-spec.ts';
import type { ControllerSettings, SyncInput } from '../../src/scaling/controller.ts';

/**
 * The rules of the HPA controller once more, read from their description and in another shape: a function from the whole
 * past to the next number of replicas. It shares no code with src/scaling, so that a mistake in one shows.
 */
export interface PastSync {
  readonly at: number;
  readonly before: number;
  readonly after: number;
  /** What the metrics asked for; undefined if nothing was recorded. */
  readonly wanted: number | undefined;
}

export function nextSync(
  spec: AutoscalerSpec,
  {
    minor = 36,
    tolerance = 0.1,
    downscaleStabilizationSeconds = 300,
    scalesToZero = false,
  }: ControllerSettings,
  past: readonly PastSync[],
  input: SyncInput,
): PastSync {
  const { nowSeconds: at, specReplicas: before } = input;
  const stay: PastSync = { at, before, after: before, wanted: undefined };
  const { minReplicas: min, maxReplicas: max, behavior } = spec;

  if (before === 0) {
    const lastChange = past.findLast((sync) => sync.after !== sync.before);
    const isOwnZero = lastChange?.after === 0 && min === 0;
    if (minor < 36 ? min > 0 : !(scalesToZero && isOwnZero)) return stay;
  } else if (before > max) return { ...stay, after: max };
  else if (before < min) return { ...stay, after: min };

  // What each metric asks for.
  const own = minor >= 35 ? behavior : undefined;
  const upTolerance = own?.scaleUp.tolerance ?? tolerance;
  const downTolerance = own?.scaleDown.tolerance ?? tolerance;
  const near = (ratio: number) =>
    minor >= 33
      ? 1 - downTolerance <= ratio && ratio <= 1 + upTolerance
      : !(Math.abs(1.0 - ratio) > tolerance);
  const asked = spec.metrics.map(({ kind, targetMilli }, index) => {
    const usage = input.usagesMilli[index] ?? Number.NaN;
    if (Number.isNaN(usage)) return undefined;
    if (kind === 'AverageValue')
      return near(usage / (targetMilli * input.statusReplicas))
        ? input.statusReplicas
        : Math.ceil(usage / targetMilli);
    if (before === 0) return Math.ceil(usage / targetMilli);
    if (input.statusReplicas === 0) return undefined;
    return near(usage / targetMilli) ? before : Math.ceil((usage / targetMilli) * input.readyReplicas);
  });
  const valid = asked.filter((one) => one !== undefined);
  if (valid.length === 0) return stay;
  const wanted = Math.max(...valid);
  if (valid.length < asked.length && minor >= 21 && wanted < before) return stay;

  // What it asked for lately. A process begins with the replicas that it finds.
  const first = past[0] ?? { at, before };
  const recorded = [
    { at: first.at, wanted: first.before },
    ...past.flatMap(({ at, wanted }) => (wanted === undefined ? [] : [{ at, wanted }])),
  ];
  const done = (after: number): PastSync => ({
    at,
    before,
    after: before === 0 ? Math.max(after, min) : after,
    wanted,
  });

  if (behavior === undefined) {
    const recent = recorded.filter((one) => at - one.at <= downscaleStabilizationSeconds);
    const held = Math.max(wanted, ...recent.map((one) => one.wanted));
    return done(Math.max(min, Math.min(held, max, Math.max(2 * before, 4))));
  }

  const within = (seconds: number) =>
    recorded.filter((one) => at - one.at < seconds).map((one) => one.wanted);
  const { scaleUp, scaleDown } = behavior;
  const low = Math.min(wanted, ...within(scaleUp.stabilizationWindowSeconds ?? 0));
  const high = Math.max(
    wanted,
    ...within(scaleDown.stabilizationWindowSeconds ?? downscaleStabilizationSeconds),
  );
  let held: number;
  if (minor < 21) held = wanted >= before ? low : high;
  else if (before < low) held = Math.min(low, high);
  else if (before > high) held = high;
  else held = before;

  const change = (rules: ScalingRules, sign: 1 | -1, seconds: number) =>
    slots(past, rules, sign).reduce((sum, slot) => sum + (at - slot.at < seconds ? slot.change : 0), 0);
  const startOf = (seconds: number, isUp: boolean) => {
    const ups = isUp || minor >= 26 ? change(scaleUp, 1, seconds) : 0;
    const downs = !isUp || minor >= 26 ? change(scaleDown, -1, seconds) : 0;
    return before - ups + downs;
  };
  if (held > before) {
    const limits = scaleUp.policies.map(({ type, value, periodSeconds }) =>
      type === 'Pods'
        ? startOf(periodSeconds, true) + value
        : Math.ceil(startOf(periodSeconds, true) * (1 + value / 100)),
    );
    const limit = { Max: Math.max(...limits), Min: Math.min(...limits), Disabled: before }[
      scaleUp.selectPolicy
    ];
    return done(Math.min(held, max, Math.max(limit, before)));
  }
  if (held < before) {
    const limits = scaleDown.policies.map(({ type, value, periodSeconds }) =>
      type === 'Pods'
        ? startOf(periodSeconds, false) - value
        : Math.trunc(startOf(periodSeconds, false) * (1 - value / 100)),
    );
    const limit = { Max: Math.min(...limits), Min: Math.max(...limits), Disabled: before }[
      scaleDown.selectPolicy
    ];
    return done(Math.max(held, min, Math.min(limit, before)));
  }
  return done(held);
}

interface Slot {
  readonly at: number;
  readonly change: number;
  readonly old: boolean;
}

/** The remembered changes of one direction. A new one takes the last place whose change is older than all periods. */
function slots(past: readonly PastSync[], { policies }: ScalingRules, sign: 1 | -1): readonly Slot[] {
  const longest = Math.max(...policies.map(({ periodSeconds }) => periodSeconds));
  return past
    .filter(({ before, after }) => (after - before) * sign > 0)
    .reduce<readonly Slot[]>((slots, { at, before, after }) => {
      const aged = slots.map((slot) => ({ ...slot, old: slot.old || at - slot.at > longest }));
      const place = aged.findLastIndex(({ old }) => old);
      const slot = { at, change: Math.abs(after - before), old: false };
      return place < 0 ? [...aged, slot] : aged.with(place, slot);
    }, []);
}
