import { CommanderError, type Command } from 'commander';
import { toAdapterError } from '../errors.ts';
import { CommandFailed, type Io } from './io.ts';

const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/**
 * Parses the arguments and runs the action. A failure is one line on standard error that starts with `name`
 * and ends with its code.
 *
 * @param argv without the names of Node and of the script
 * @returns the exit code: 0, 1 for a failure, 2 for wrong flags or configuration
 */
export async function runCommand(
  name: string,
  command: Command,
  argv: readonly string[],
  io: Io,
): Promise<number> {
  try {
    await command.parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (thrown) {
    // Commander has printed its own errors already. --help arrives here too, with exit code 0.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (thrown instanceof CommandFailed) return exitCodes.failed;
    const error = toAdapterError(thrown);
    const request = error.slsRequestId === undefined ? '' : `, SLS request ${error.slsRequestId}`;
    io.stderr.write(`${name}: ${error.lastMessage} (${error.code}${request})\n`);
    if (error.code === 'Internal' && error.cause instanceof Error)
      io.stderr.write(`${error.cause.stack ?? ''}\n`);
    return error.code === 'ConfigInvalid' ? exitCodes.usage : exitCodes.failed;
  }
}

/** Makes the command throw instead of exiting, and write to `io`. Its subcommands inherit this. */
export function prepareCommand(command: Command, io: Io): Command {
  return command
    .helpOption('-h, --help', 'Show this help')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showHelpAfterError('(--help lists what is accepted)');
}
