import type { Readable } from 'node:stream';
import type { Io } from '../src/cli/io.ts';
import { AdapterError } from '../src/errors.ts';
import { ingestAccessLog } from './ingest/access-log-ingest.ts';
import { AccessLogReader } from './ingest/access-log-reader.ts';
import {
  firstOther,
  firstRead,
  nothingReadable,
  othersMet,
  summary,
  tooOld,
} from './ingest/ingest-report.ts';
import { openLogSource, UnreadableLog, type LogSource } from './ingest/log-source.ts';
import type { LogSink } from './log-record.ts';
import { wrongFlag } from './options.ts';

/** The log that `--access-log` names, and the counter of the lines that are no requests. */
interface AccessLogInput {
  readonly path: string;
  readonly source: LogSource;
  readonly follow: boolean;
}

/** Throws AdapterError `ConfigInvalid` if the log cannot be read. With `follow`, it need not exist yet. */
export async function openAccessLog(
  path: string,
  follow: boolean,
  stdin: () => Readable,
): Promise<AccessLogInput> {
  return { path, follow, source: await explained(path, () => openLogSource(path, follow, stdin)) };
}

/** Returns true for a log that ends by itself, and soon. */
export function isFinished({ source, follow }: AccessLogInput): boolean {
  return source.kind === 'file' && !follow;
}

/**
 * Reads the log into a sink until its end or the signal, and returns its reader. If the log may go on, prints each form
 * once that is read, and the first line of each kind that is no request.
 *
 * @param countUnparsed called with the lines of each batch that are kept with `content` alone
 * @throws AdapterError `ConfigInvalid` if the log has ended without any line of a request
 */
export async function readAccessLog(
  input: AccessLogInput,
  sink: LogSink,
  countUnparsed: (lines: number) => void,
  io: Io,
): Promise<AccessLogReader> {
  const { path, source, follow } = input;
  const goesOn = !isFinished(input);
  const reader = new AccessLogReader({
    clock: io.clock,
    ...(goesOn && { onFirst: (met: string, line: string) => io.stderr.write(firstOther(path, met, line)) }),
  });
  let counted = 0;
  const told = new Set<string>();
  const onProgress = ({ unparsed }: { readonly unparsed: number }) => {
    for (const form of reader.forms.keys()) {
      if (goesOn && !told.has(form)) io.stdout.write(firstRead(path, form));
      told.add(form);
    }
    countUnparsed(unparsed - counted);
    counted = unparsed;
  };
  const { signal } = io;
  const { records } = await explained(path, () =>
    ingestAccessLog({ source, follow, reader, sink, onProgress, signal }),
  );
  if (records === 0 && !signal.aborted)
    throw new AdapterError('ConfigInvalid', `--access-log ${path} ${nothingReadable(reader)}`, {
      remedy: 'emulator/README.md, "Access logs", has an example of each form.',
    });
  return reader;
}

/** Prints what was read, and each kind of line that is no request with its count. */
export function printSummary(input: AccessLogInput, reader: AccessLogReader, io: Io): void {
  io.stdout.write(summary(input.path, reader));
  io.stderr.write(othersMet(input.path, reader, isFinished(input)));
  if (!io.signal.aborted) io.stderr.write(tooOld(input.path, reader, io.clock.now() / 1000));
}

async function explained<T>(path: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    if (!(cause instanceof UnreadableLog)) throw cause;
    throw wrongFlag(`--access-log ${path} ${cause.message}`, cause);
  }
}
