/** Odd, so that doubling goes once around: see `stepOffsets`. */
export const steppingRoutes = 25;

/**
 * When in the period each of the stepping routes, which are read at evenly spread times of it, has its step: spread
 * evenly too, and so that from the step to the next read every distance comes once.
 */
export function stepOffsets(periodSeconds: number): number[] {
  return Array.from(
    { length: steppingRoutes },
    (_, place) => (((place * 2) % steppingRoutes) * periodSeconds) / steppingRoutes,
  );
}
