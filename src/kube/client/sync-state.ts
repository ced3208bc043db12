/** How current it is what we know of a resource of the API server. */
export interface SyncState {
  /** In the words of the API: `configmaps`, `apiservices`, `horizontalpodautoscalers`. */
  readonly resource: string;
  /** Undefined: all of them, or a resource of no namespace. */
  readonly namespace: string | undefined;
  readonly synced: boolean;
  /** When the API server last confirmed it, Unix ms; undefined: never. */
  readonly lastSyncMs: number | undefined;
}
