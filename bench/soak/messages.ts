/** Resources that the adapter's process holds. */
export interface ResourceUsage {
  /** After a garbage collection. */
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly residentBytes: number;
  /** Resources that keep the process alive, by kind. Source: `process.getActiveResourcesInfo()`. */
  readonly sockets: number;
  readonly timers: number;
  readonly otherResources: number;
  /** Open file descriptors, including sockets. */
  readonly descriptors: number;
  readonly wantedSeries: number;
  readonly storedSeries: number;
  /** Signals that have or had a listener and are not garbage collected. */
  readonly abortSignals: number;
  readonly abortListeners: number;
}

/** A message to the adapter's process. Each gets a `result`. */
export type SoakCommand = { readonly id: number } & (
  | { readonly kind: 'usage' | 'wanted series' }
  | { readonly kind: 'set clock'; readonly aheadMs: number }
  | { readonly kind: 'set key'; readonly valid: boolean }
);

/** A message from the adapter's process. */
export type SoakReport =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  /** A warning of Node, such as for too many listeners. */
  | { readonly kind: 'warning'; readonly text: string }
  /** The adapter has stopped. `resources` would still keep the process alive. */
  | { readonly kind: 'stopped'; readonly exitCode: number; readonly resources: readonly string[] };
