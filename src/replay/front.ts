import type { AutoscalerSpec } from '../scaling/autoscaler-spec.ts';
import type { Score } from './run.ts';

/** One setting of a sweep and its medians. */
export interface SweptSetting extends Score {
  readonly spec: AutoscalerSpec;
}

/**
 * Returns the settings that no other beats: none has both less overload and fewer pod-hours. In ascending order of
 * pod-hours. Of equal ones, the one with the fewest changes.
 */
export function frontOf(settings: readonly SweptSetting[]): SweptSetting[] {
  const sorted = settings.toSorted(
    (a, b) =>
      a.podHours - b.podHours ||
      a.overloadedSeconds - b.overloadedSeconds ||
      a.changesPerHour - b.changesPerHour,
  );
  const front: SweptSetting[] = [];
  for (const setting of sorted)
    if (setting.overloadedSeconds < (front.at(-1)?.overloadedSeconds ?? Infinity)) front.push(setting);
  return front;
}

/** What the user wants of a setting. Without either: less overload for the same pod-hours. */
export interface Wish {
  /** Overloaded seconds over the whole time. */
  readonly maxOverloadedSeconds?: number | undefined;
  /** Pod-hours over the whole time. */
  readonly maxPodHours?: number | undefined;
}

export interface Recommendation {
  readonly setting: SweptSetting;
  /** Whether it is what was wished for; if not, it comes nearest. */
  readonly isMet: boolean;
}

/** Returns the cheapest setting with little enough overload, or that with the least overload for the money. */
export function recommend(
  front: readonly SweptSetting[],
  present: Score,
  { maxOverloadedSeconds, maxPodHours }: Wish,
): Recommendation | undefined {
  const affordable = front.filter(({ podHours }) => podHours <= (maxPodHours ?? Infinity));
  if (maxOverloadedSeconds !== undefined) {
    const enough = affordable.find(({ overloadedSeconds }) => overloadedSeconds <= maxOverloadedSeconds);
    if (enough !== undefined) return { setting: enough, isMet: true };
    const nearest = affordable.at(-1) ?? front[0];
    return nearest && { setting: nearest, isMet: false };
  }
  const most = maxPodHours ?? present.podHours;
  const best = front.findLast(({ podHours }) => podHours <= most);
  const cheapest = best ?? front[0];
  return cheapest && { setting: cheapest, isMet: best !== undefined };
}
