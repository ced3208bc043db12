import type { AdapterError } from '../errors.ts';

/** Half-open whole seconds `[startSeconds, endSeconds)` of Unix time. */
export interface Window {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

export interface Sample {
  readonly value: number;
  readonly window: Window;
  /** Only of a forecast: when it was made, Unix seconds. */
  readonly madeAtSeconds?: number;
}

/** The result of one series in a batch. Some series of a batch may fail while others succeed. */
export type Outcome =
  | { readonly kind: 'sample'; readonly sample: Sample }
  | { readonly kind: 'failed'; readonly error: AdapterError };

export const windowSeconds = ({ startSeconds, endSeconds }: Window): number => endSeconds - startSeconds;
