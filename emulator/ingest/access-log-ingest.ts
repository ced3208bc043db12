import type { LogRecord, LogSink } from '../log-record.ts';
import { parseAckLine } from './forms/ack-form.ts';
import type { Line } from './line-splitter.ts';
import { tail } from './tail.ts';

/** Lines read so far. */
export interface IngestCounts {
  /** Lines that became records. */
  readonly records: number;
  /** Lines not in ACK's format, or longer than 1 MiB. */
  readonly unparsed: number;
}

/** The file to read, and the logstore to write to. */
export interface AccessLogIngestOptions {
  readonly path: string;
  /** If true, keeps reading what is appended, through rotation, until the signal. */
  readonly follow: boolean;
  readonly sink: LogSink;
  /** Called with each line that is not parsed. Of a very long line it gets only the start. */
  readonly onUnparsed?: (reason: string, line: string) => void;
  /** Called after each batch. */
  readonly onProgress?: (counts: IngestCounts) => void;
  readonly signal: AbortSignal;
}

/**
 * Reads an nginx-ingress access log into a sink. Each record has the time that its line states. Resolves at the end
 * of the file or, with `follow`, when the signal aborts.
 *
 * @throws Error if the file cannot be read, if it does not exist and `follow` is false, or if the sink fails
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

function parse(line: Line): ReturnType<typeof parseAckLine> {
  return line.kind === 'line'
    ? parseAckLine(line.text)
    : { kind: 'unparsed', reason: `longer than a line may be: ${line.bytes} bytes` };
}
