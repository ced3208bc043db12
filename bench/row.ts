import type { Line } from './line.ts';

export interface RowContext {
  /** Aborted by Ctrl-C and by the time limit. The row then cleans up and throws the signal's reason. */
  readonly signal: AbortSignal;
  /** Reports the current step. */
  readonly progress: (text: string) => void;
}

/** One benchmark. Each is in `rows/`. */
export interface Row {
  /** The argument of `npm run bench -- NAME`. */
  readonly name: string;
  /** Whether to run it while the others run, since it mostly waits and its results are whole seconds. */
  readonly inBackground?: boolean;
  /** @throws Error if the conditions of the measurement were not met */
  measure(context: RowContext): Promise<readonly Line[]>;
}
