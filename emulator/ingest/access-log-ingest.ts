import type { LogRecord, LogSink } from '../log-record.ts';
import type { AccessLogReader, IngestCounts } from './access-log-reader.ts';
import { sourceLines, type LogSource } from './log-source.ts';

/** The log to read, and the logstore to write to. */
interface AccessLogIngestOptions {
  readonly source: LogSource;
  /** If true, keeps reading what is appended, through rotation, until the signal. */
  readonly follow: boolean;
  readonly reader: AccessLogReader;
  readonly sink: LogSink;
  /** Called after each batch. */
  readonly onProgress?: (counts: IngestCounts) => void;
  readonly signal: AbortSignal;
}

/**
 * Reads an access log of nginx-ingress into a sink. Resolves at the end of the log or, with `follow`, when the signal
 * aborts.
 *
 * @throws Error if the log cannot be read, or if the sink fails
 */
export async function ingestAccessLog(options: AccessLogIngestOptions): Promise<IngestCounts> {
  const { source, follow, reader, sink, onProgress, signal } = options;
  for await (const lines of sourceLines(source, follow, signal)) {
    const records: LogRecord[] = [];
    for (const line of lines) {
      const record = reader.read(line);
      if (record !== undefined) records.push(record);
    }
    if (records.length > 0) await sink.append(records);
    onProgress?.(reader.counts);
  }
  return reader.counts;
}
