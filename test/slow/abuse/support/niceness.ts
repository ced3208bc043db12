import { setPriority } from 'node:os';

/** Of the adapter, of the honest HPA and of the test, so that other work on the machine does not look like harm. */
export const niceness = -5;

/** Raises the priority of this thread where that is allowed. */
export function raisePriority(): void {
  try {
    setPriority(niceness);
  } catch {
    // Times are then those of a busy machine.
  }
}
