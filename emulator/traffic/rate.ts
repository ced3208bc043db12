/** Requests per second, never negative, at a time in seconds since the start of the profile, which may be negative. */
export type Rate = (tSeconds: number) => number;

/** Returns a constant rate. */
export function steady(perSecond: number): Rate {
  return () => perSecond;
}

/** Returns lines between corners `[tSeconds, perSecond]`, sorted by time from 0, repeated every `periodSeconds`. */
export function cycle(periodSeconds: number, corners: readonly (readonly [number, number])[]): Rate {
  return (tSeconds) => {
    const t = ((tSeconds % periodSeconds) + periodSeconds) % periodSeconds;
    const next = corners.findIndex(([at]) => at > t);
    const [toAt, to] = corners[next] ?? [periodSeconds, corners[0]?.[1] ?? 0];
    const [fromAt, from] = corners.at(next === -1 ? -1 : next - 1) ?? [0, to];
    return from + ((to - from) * (t - fromAt)) / (toAt - fromAt);
  };
}
