/** One log line as SLS stores it: a time and text fields. Types come from the index. */
export interface LogRecord {
  /** `__time__`: Unix time in whole seconds. */
  readonly timeSeconds: number;
  /** Text of each field, e.g. `status` → `200`. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A logstore, as seen by the code that writes to it. */
export interface LogSink {
  append(records: readonly LogRecord[]): Promise<void>;
}
