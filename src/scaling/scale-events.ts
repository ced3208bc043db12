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

/** Returns the replicas at the start of a policy's period. */
type StartOf = (periodSeconds: number) => number;

/** Returns the most replicas that the rules allow; may be below `current`. Source: calculateScaleUpLimitWithScalingRules. */
export function scaleUpLimit(
  current: number,
  { selectPolicy, policies }: ScalingRules,
  startOf: StartOf,
): number {
  if (selectPolicy === 'Disabled') return current;
  let limit = selectPolicy === 'Min' ? Infinity : -Infinity;
  for (const { type, value, periodSeconds } of policies) {
    const start = startOf(periodSeconds);
    const proposed = type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100));
    limit = selectPolicy === 'Min' ? Math.min(limit, proposed) : Math.max(limit, proposed);
  }
  return limit;
}

/** Returns the fewest replicas that the rules allow; may be above `current`. Source: calculateScaleDownLimitWithBehaviors. */
export function scaleDownLimit(
  current: number,
  { selectPolicy, policies }: ScalingRules,
  startOf: StartOf,
): number {
  if (selectPolicy === 'Disabled') return current;
  let limit = selectPolicy === 'Min' ? -Infinity : Infinity;
  for (const { type, value, periodSeconds } of policies) {
    const start = startOf(periodSeconds);
    const proposed = type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100));
    limit = selectPolicy === 'Min' ? Math.max(limit, proposed) : Math.min(limit, proposed);
  }
  return limit;
}
