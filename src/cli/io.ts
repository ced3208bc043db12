/** What a command may touch of its process. */
export interface Io {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by SIGINT and SIGTERM, with the name of the signal as reason. */
  readonly signal: AbortSignal;
  readonly clock: { now(): number };
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Has SIGUSR2 call it. */
  readonly onLogSignal?: (toggle: () => void) => void;
  /** The command line of the first process. Default: that of /proc. */
  readonly firstProcessFile?: string;
}

/** Resolves once the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A command that has told itself what failed: exit code 1, and not a word more. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}
