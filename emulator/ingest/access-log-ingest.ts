import type { LogRecord, LogSink } from '../log-record.ts';
import { parseAccessLogLine } from './access-log.ts';
import type { Line } from './line-splitter.ts';
import { tail } from './tail.ts';

/** Lines so far. */
export interface IngestCounts {
  /** Lines that became records. */
  readonly records: number;
  /** Lines that are not in ACK's format, or longer than 1 MiB. */
  readonly unparsed: number;
}

/** From which file to which logstore. */
export interface AccessLogIngestOptions {
  readonly path: string;
  /** Keep reading what is appended, through rotation, until the signal. */
  readonly follow: boolean;
  readonly sink: LogSink;
  /** Told of each line that is no record, with at most the start of a very long one. */
  readonly onUnparsed?: (reason: string, line: string) => void;
  /** Told after each batch that the sink has taken. */
  readonly onProgress?: (counts: IngestCounts) => void;
  readonly signal: AbortSignal;
}

/**
 * Reads an nginx-ingress access log into a sink, each record at its line's own time.
 * Resolves at the end of the file or, following, when the signal aborts.
 *
 * @throws Error if there is no such file and it does not follow, if it cannot be read, or if the sink fails.
 */
export async function ingestAccessLog(options: AccessLogIngestOptions): Promise<IngestCounts> {
  const { path, follow, sink, onUnparsed, onProgress, signal } = options;
  let counts: IngestCounts = { records: 0, unparsed: 0 };
  for await (const lines of tail({ path, follow, signal })) {
    const records: LogRecord[] = [];
    for (const line of lines) {
      const parsed = parse(line);
      if (parsed.kind === 'record') records.push(parsed.record);
      else onUnparsed?.(parsed.reason, line.kind === 'line' ? line.text : line.start);
    }
    if (records.length > 0) await sink.append(records);
    counts = {
      records: counts.records + records.length,
      unparsed: counts.unparsed + lines.length - records.length,
    };
    onProgress?.(counts);
  }
  return counts;
}

function parse(line: Line): ReturnType<typeof parseAccessLogLine> {
  return line.kind === 'line'
    ? parseAccessLogLine(line.text)
    : { kind: 'unparsed', reason: `longer than a line may be: ${line.bytes} bytes` };
}
