import { once } from 'node:events';

/** The parts of the process that a command may use. */
export interface Io {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Default: that of the process. */
  readonly stdin?: NodeJS.ReadableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by SIGINT, SIGTERM and SIGHUP. The reason is the name of the signal. */
  readonly signal: AbortSignal;
  readonly clock: { now(): number };
  /** See `Dependencies`. */
  readonly monotonicMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Registers a handler of SIGUSR2. */
  readonly onLogSignal?: (toggle: () => void) => void;
  /** File with the command line of the first process. Default: in /proc. */
  readonly firstProcessFile?: string;
}

/** Resolves once the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** Writes the result of a command: as JSON, or as text for people. */
export function writeResult({ stdout }: Io, output: 'table' | 'json', json: unknown, text: string): void {
  stdout.write(output === 'json' ? `${JSON.stringify(json, null, 2)}\n` : text);
}

/** Thrown by a command that has already printed its failure. Only sets exit code 1. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}
