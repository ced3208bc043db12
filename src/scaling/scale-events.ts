import type { ScalingRules } from './autoscaler-spec.ts';

interface ScaleEvent {
  atSeconds: number;
  /** Replicas added or removed. */
  change: number;
  isOutdated: boolean;
}

/**
 * The rescales of one direction. The controller does not delete an event: the next one takes the place of an outdated
 * one. That matters where the policies of the other direction have a longer period.
 */
export class ScaleEvents {
  readonly #events: ScaleEvent[] = [];
  readonly #longestPeriodSeconds: number;

  constructor({ policies }: ScalingRules) {
    this.#longestPeriodSeconds = Math.max(0, ...policies.map(({ periodSeconds }) => periodSeconds));
  }

  /** Returns the replicas changed in the last `periodSeconds`. */
  changeWithin(periodSeconds: number, nowSeconds: number): number {
    let sum = 0;
    for (const event of this.#events) if (event.atSeconds > nowSeconds - periodSeconds) sum += event.change;
    return sum;
  }

  add(change: number, nowSeconds: number): void {
    let reused: ScaleEvent | undefined;
    for (const event of this.#events) {
      if (event.atSeconds < nowSeconds - this.#longestPeriodSeconds) event.isOutdated = true;
      if (event.isOutdated) reused = event;
    }
    const added = { atSeconds: nowSeconds, change, isOutdated: false };
    if (reused === undefined) this.#events.push(added);
    else Object.assign(reused, added);
  }
}

/**
 * Returns the most replicas that the rules of `up` allow, or the fewest that those of `down` do; may be on the other side of
 * `current`. Source: calculateScaleUpLimitWithScalingRules, calculateScaleDownLimitWithBehaviors.
 *
 * @param startOf gives the replicas at the start of a policy's period
 */
export function scaleLimit(
  direction: 'up' | 'down',
  current: number,
  { selectPolicy, policies }: ScalingRules,
  startOf: (periodSeconds: number) => number,
): number {
  if (selectPolicy === 'Disabled') return current;
  const sign = direction === 'up' ? 1 : -1;
  const isHighest = (direction === 'up') === (selectPolicy === 'Max');
  let limit = isHighest ? -Infinity : Infinity;
  for (const { type, value, periodSeconds } of policies) {
    const start = startOf(periodSeconds);
    const exact = type === 'Pods' ? start + sign * value : start * (1 + (sign * value) / 100);
    const allowed = direction === 'up' ? Math.ceil(exact) : Math.trunc(exact);
    limit = isHighest ? Math.max(limit, allowed) : Math.min(limit, allowed);
  }
  return limit;
}
