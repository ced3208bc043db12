import { Command, Option } from 'commander';
import { CommandFailed, type Io } from '../../src/cli/io.ts';
import { prepareCommand, runCommand } from '../../src/cli/run-command.ts';
import { AdapterError } from '../../src/errors.ts';
import { createSls, type SlsStack } from '../../src/service/sls-stack.ts';
import type { EntryResult } from '../../src/sls/assumptions/ask-ledger.ts';
import type { LogstoreAddress } from '../../src/sls/endpoint.ts';
import { createEventLog } from '../../src/telemetry/event-log.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createAdministrator, type Administrator } from './administrator.ts';
import { OwnLogstore, usualPace, type Pace } from './own-logstore.ts';
import { LiveRun } from './live-run.ts';
import { readThroughAdapter, type ReadingResult } from './readings.ts';
import { liveReport, type LiveReport } from './report.ts';
import { targetOf, type LiveTarget } from './target.ts';

interface LiveParts {
  /** Asks the user, who sees the question. */
  readonly confirm: (question: string) => Promise<boolean>;
  /** Default: the SDK, at the endpoint of the target. */
  readonly administrator?: Administrator;
  readonly pace?: Pace;
}

interface LiveOptions {
  readonly yes?: boolean;
  readonly output: 'table' | 'json';
}

/** @returns the exit code: 0, 1 if something differs or fails, 2 for wrong flags or environment */
export function runLiveSls(argv: readonly string[], io: Io, parts: LiveParts): Promise<number> {
  const command = prepareCommand(new Command('npm run test:sls --'), io)
    .description(
      'Ask a real SLS whether it behaves as readings assume, in a logstore that is made for it and deleted. Environment: SLS_PROJECT; SLS_REGION (and SLS_NETWORK) or SLS_ENDPOINT; credentials as for the adapter.',
    )
    .option('--yes', 'Do not ask before it starts')
    .addOption(new Option('-o, --output <format>', 'Format').choices(['table', 'json']).default('table'));
  command.action((options: LiveOptions) => live(options, io, parts));
  return runCommand('test:sls', command, argv, io);
}

async function live({ yes = false, output }: LiveOptions, io: Io, parts: LiveParts): Promise<void> {
  const target = targetOf(io.env);
  const observer = createEventLog(createLogger('silent'));
  const sls = createSls(target.config, io, observer);
  try {
    const credentials = await sls.credentialsOf(target.project).current();
    const endpoint = sls.endpointOf({ project: target.project, internalEndpoint: undefined });
    const administrator = parts.administrator ?? createAdministrator(endpoint, credentials);
    const own = new OwnLogstore(target.project, administrator, io.random, parts.pace ?? usualPace);
    const place = { endpoint, project: target.project, logstore: own.name };
    if (!yes && !(await parts.confirm(questionOf(place))))
      throw new AdapterError('ConfigInvalid', 'not started: it needs your consent (--yes gives it)');
    const report = await inOwnLogstore(own, place, target, sls, io, parts.pace ?? usualPace);
    io.stdout.write(output === 'json' ? `${JSON.stringify(report, null, 2)}\n` : liveReport(report));
    if (!report.holds) throw new CommandFailed();
  } finally {
    sls.close();
  }
}

const questionOf = ({ endpoint, project, logstore }: LogstoreAddress) =>
  [
    `This makes logstore ${logstore} in project ${project} at ${endpoint.url},`,
    'writes some 150 lines to it, sends some 80 small queries and deletes it. It touches no other logstore.',
    'Start? [y/N] ',
  ].join('\n');

/** Deletes the logstore in any case: after a failure and after a signal too. */
async function inOwnLogstore(
  own: OwnLogstore,
  place: LogstoreAddress,
  target: LiveTarget,
  sls: SlsStack,
  io: Io,
  pace: Pace,
): Promise<LiveReport> {
  const say = (text: string) => io.stderr.write(`${text}\n`);
  try {
    say(`making logstore ${own.name} …`);
    await own.create(io.signal);
    const run = new LiveRun(own, place, sls, io, pace);
    say('waiting until it takes and finds lines (up to 3 minutes) …');
    await run.untilIndexed();
    say('writing lines …');
    const { linesFromSeconds, queryableMs } = await run.writeLines();
    say(`all lines were found ${(queryableMs / 1000).toFixed(1)} s after they were written; asking …`);
    const { results, queries } = await run.ask(linesFromSeconds);
    say(`${queries} queries were sent; reading through the adapter …`);
    const { project, flags } = target;
    const dependencies = { clock: io.clock, env: io.env, credentials: sls.credentialsOf(project) };
    const readings = await readThroughAdapter({ project, logstore: own.name, flags, dependencies });
    return reportOf(results, readings, queryableMs);
  } catch (error) {
    if (!io.signal.aborted) throw error;
    say('interrupted');
    throw new CommandFailed();
  } finally {
    say(`deleting logstore ${own.name} …`);
    await own.delete();
    say('deleted');
  }
}

function reportOf(
  entries: readonly EntryResult[],
  readings: readonly ReadingResult[],
  queryableMs: number,
): LiveReport {
  const holds =
    entries.every(({ result, asked }) => result === 'as assumed' || asked === 'never') &&
    readings.every(({ isRight }) => isRight);
  return { holds, queryableMs: Math.round(queryableMs), entries, readings };
}
