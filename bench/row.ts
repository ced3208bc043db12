import type { Line } from './line.ts';

export interface RowContext {
  /** Aborted by Ctrl-C, and when the whole takes too long: a row then throws its reason, and cleans up. */
  readonly signal: AbortSignal;
  /** Says what goes on, for whoever waits. */
  readonly progress: (text: string) => void;
}

/** One thing measured, in a file of its own below `rows/`. */
export interface Row {
  /** What `npm run bench -- NAME` runs it by. */
  readonly name: string;
  /** Mostly waits, and is measured in whole seconds: the other rows are measured meanwhile. */
  readonly meanwhile?: boolean;
  /** Ends by itself. @throws Error where what was measured is not what the row says */
  measure(context: RowContext): Promise<readonly Line[]>;
}
