import type { AdapterError } from '../errors.ts';

/** Half-open whole seconds `[startSeconds, endSeconds)` of Unix time. */
export interface Window {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** A number and the window that it was counted over. */
export interface Sample {
  readonly value: number;
  readonly window: Window;
}

/** What a batch says of one series: partial failure is normal there. */
export type Outcome =
  | { readonly kind: 'sample'; readonly sample: Sample }
  | { readonly kind: 'failed'; readonly error: AdapterError };

export const windowSeconds = ({ startSeconds, endSeconds }: Window): number => endSeconds - startSeconds;
