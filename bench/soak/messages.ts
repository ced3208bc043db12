/** What the adapter's process holds. */
export interface Vitals {
  /** Bytes, after a garbage collection. */
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly residentBytes: number;
  /** What keeps the process going, by kind: `process.getActiveResourcesInfo()`. */
  readonly sockets: number;
  readonly timers: number;
  readonly otherResources: number;
  /** Open files, sockets included. */
  readonly descriptors: number;
  readonly wantedSeries: number;
  readonly heldSeries: number;
  /** Signals that somebody has listened to, and that are still there. */
  readonly abortSignals: number;
  readonly abortListeners: number;
}

/** To the adapter's process; each is answered. */
export type SoakOrder = { readonly id: number } & (
  | { readonly kind: 'vitals' | 'wanted series' }
  | { readonly kind: 'set clock'; readonly aheadMs: number }
  | { readonly kind: 'set key'; readonly good: boolean }
);

/** From the adapter's process. */
export type SoakReport =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  /** Node's own, such as of too many listeners. */
  | { readonly kind: 'warning'; readonly text: string }
  /** It has stopped; resources: what would keep the process going all the same. */
  | { readonly kind: 'stopped'; readonly exitCode: number; readonly resources: readonly string[] };
