import { AdapterError } from '../../errors.ts';
import { frontOf, recommend, type Recommendation, type SweptSetting, type Wish } from '../../replay/front.ts';
import { replaySetting } from '../../replay/replay.ts';
import { settingsToTry } from '../../replay/sweep-settings.ts';
import { sweep } from '../../replay/sweep.ts';
import type { Io } from '../io.ts';
import type { Allowance } from '../options.ts';
import { ProgressBar } from '../progress.ts';
import { spanText } from '../time-text.ts';
import type { Replayed } from './replayed.ts';

export interface WishOptions {
  readonly maxOverload?: Allowance;
  readonly budget?: Allowance;
}

const mostShown = 8;

/** The result of a sweep. */
export type Swept = Awaited<ReturnType<typeof sweepSettings>>;

/** Tries the settings of a sweep with the longest startup time, and recommends one. */
export async function sweepSettings(replayed: Replayed, options: WishOptions, io: Io) {
  using bar = new ProgressBar(io.stderr, 'Trying settings');
  const { input, spec } = replayed.whole;
  const startupSeconds = replayed.runs.at(-1)?.startupSeconds;
  if (startupSeconds === undefined) throw new AdapterError('Internal', 'a sweep needs a startup time');
  const specs = settingsToTry(spec, input.needed, input.controller.minor);
  const settings = await sweep({ input, startupSeconds, specs }, bar.show, io.signal);
  const front = frontOf(settings);
  const wish = wishOf(options, replayed);
  const [present] = settings;
  const found = present && recommend(front, present, wish);
  if (present === undefined || found === undefined)
    throw new AdapterError('Internal', 'a sweep has no setting');
  const withFigures = (setting: SweptSetting) => ({
    spec: setting.spec,
    figures: replaySetting(setting.spec, input, startupSeconds),
  });
  return {
    ...{ startupSeconds, settings, front },
    /** Some of the front, for people, with all figures. */
    shown: thinned(front, found.setting).map(withFigures),
    recommended: withFigures(found.setting),
    reason: reasonOf(found, wish, present),
  };
}

function wishOf({ maxOverload, budget }: WishOptions, { traffic, gpus = 1, price = 1 }: Replayed): Wish {
  const days = (traffic.toSeconds - traffic.fromSeconds) / 86_400;
  const whole = (allowance: Allowance | undefined) =>
    allowance && (allowance.isPerDay ? allowance.amount * days : allowance.amount);
  const money = whole(budget);
  return {
    maxOverloadedSeconds: whole(maxOverload),
    maxPodHours: money === undefined ? undefined : money / price / gpus,
  };
}

/** Returns a few settings of the front, its ends and the recommended one among them. */
function thinned(front: readonly SweptSetting[], recommended: SweptSetting): SweptSetting[] {
  const last = front.length - 1;
  const picked = Array.from({ length: mostShown }, (_, index) =>
    Math.round((index * last) / (mostShown - 1)),
  );
  return front.filter((setting, index) => picked.includes(index) || setting === recommended);
}

function reasonOf({ setting, isMet }: Recommendation, wish: Wish, present: SweptSetting): string {
  const has = `${spanText(setting.overloadedSeconds)} of overload for ${setting.podHours.toFixed(1)} pod-hours`;
  const before =
    setting === present
      ? 'this is the HPA as it is'
      : `the HPA as it is has ${spanText(present.overloadedSeconds)} for ${present.podHours.toFixed(1)}`;
  const { maxOverloadedSeconds, maxPodHours } = wish;
  if (!isMet)
    return `No setting does what you asked for; this one comes nearest, with ${has} (${before}). More replicas (maxReplicas), or pods that start faster, would help.`;
  if (maxOverloadedSeconds !== undefined)
    return `The fewest pod-hours with at most ${spanText(maxOverloadedSeconds)} of overload: ${has}; ${before}.`;
  if (maxPodHours !== undefined)
    return `The least overload for at most ${maxPodHours.toFixed(1)} pod-hours: ${has}; ${before}.`;
  return `The least overload for no more pod-hours than now: ${has}; ${before}.`;
}
