/** One log line as SLS keeps it: a time and text fields. Nothing is typed until a query asks for it. */
export interface LogRecord {
  /** `__time__`: Unix time in whole seconds. */
  readonly timeSeconds: number;
  /** Field name to text, e.g. `status` → `200`. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Where ingest puts what it has read: one logstore. */
export interface LogSink {
  append(records: readonly LogRecord[]): Promise<void>;
}
