import { outcomeOf, requestedPods, settingOf, type Outcome } from './overload.ts';
import type { Trace } from './trace.ts';
import type { Walk } from './walk.ts';

/** Overloaded minutes with the forecast beside the reading, and with as many pods spent on a lower target. */
export interface OverloadRow {
  readonly trace: string;
  readonly startupSeconds: number;
  /** The reading alone. */
  readonly reactive: Outcome;
  /** The higher of reading and forecast, as an HPA with both takes it. */
  readonly forecast: Outcome;
  /** The reading alone, with the target lowered until the pods are as many as with the forecast. Null: no such target. */
  readonly fixedHeadroom: (Outcome & { readonly targetPercent: number }) | null;
  /** Overloaded minutes with the forecast over those with as many pods on a lower target: below 1 the forecast is better. Null: there are none. */
  readonly ofFixedHeadroom: number | null;
}

/** In steps of 2.5 %. Between two of them outcomes are interpolated. */
const targetShares = Array.from({ length: 29 }, (_, step) => 1 - step * 0.025);

/** @param walks one for each time that a pod takes to start, with the forecast as far ahead */
export function overloadRows(trace: Trace, walks: readonly Walk[], firstBin: number): OverloadRow[] {
  const setting = settingOf(trace, firstBin);
  const reading = Float64Array.from(trace.counts, (count) => count ?? Number.NaN);
  const fixed = targetShares.map((share) => ({ share, pods: requestedPods(setting, [reading], share) }));
  return walks.map(({ aheadMinutes, forecast }) => {
    const startupBins = Math.round((aheadMinutes * 60) / trace.binSeconds);
    const said = forecast.subarray(startupBins);
    const outcome = outcomeOf(setting, requestedPods(setting, [reading, said]), startupBins);
    const outcomes = fixed.map(({ share, pods }) => ({
      targetPercent: 100 * share,
      ...outcomeOf(setting, pods, startupBins),
    }));
    const fixedHeadroom = atPods(outcomes, outcome.podsOfIdeal);
    const ofHeadroom = fixedHeadroom?.overloadedMinutesPerDay ?? 0;
    return {
      trace: trace.name,
      startupSeconds: aheadMinutes * 60,
      reactive: outcomeOf(setting, fixed[0]?.pods ?? new Float64Array(), startupBins),
      forecast: outcome,
      fixedHeadroom,
      ofFixedHeadroom: ofHeadroom > 0 ? outcome.overloadedMinutesPerDay / ofHeadroom : null,
    };
  });
}

type Fixed = NonNullable<OverloadRow['fixedHeadroom']>;

/** Returns the outcome at so many pods, between the two that are next to it. */
function atPods(outcomes: readonly Fixed[], pods: number): Fixed | null {
  const above = outcomes.findIndex(({ podsOfIdeal }) => podsOfIdeal >= pods);
  const [less, more] = [outcomes[above - 1], outcomes[above]];
  if (more === undefined) return null;
  if (less === undefined) return more;
  const share = (pods - less.podsOfIdeal) / (more.podsOfIdeal - less.podsOfIdeal);
  const between = (key: keyof Fixed) => less[key] + share * (more[key] - less[key]);
  return {
    targetPercent: between('targetPercent'),
    overloadedMinutesPerDay: between('overloadedMinutesPerDay'),
    podsOfIdeal: pods,
    unservedPercent: between('unservedPercent'),
    changesPerHour: between('changesPerHour'),
  };
}
