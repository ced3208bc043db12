import { access, constants, stat } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { aborted, type Io } from '../src/cli/io.ts';
import { parseCount, parseDurationMs } from '../src/cli/options.ts';
import { prepareCommand, runCommand } from '../src/cli/run-command.ts';
import { AdapterError, toListenError } from '../src/errors.ts';
import { startEmulator, type Emulator } from './emulator.ts';
import { ingestAccessLog } from './ingest/access-log-ingest.ts';
import { parseListenAddress, parseShare, type ListenAddress } from './options.ts';

interface EmulateOptions {
  readonly listen: ListenAddress;
  readonly accessLog?: string;
  readonly follow?: boolean;
  readonly project: string;
  readonly logstore: string;
  readonly accessKeyId?: string;
  readonly accessKeySecret?: string;
  readonly latency?: number;
  readonly sqlConcurrency?: number;
  readonly ingestLag?: number;
  readonly errorRate?: number;
}

/** The most unparsed lines that are printed. A wrong file could have millions. */
const maxReports = 10;

/** @returns the exit code: 0, 1 for a failure, 2 for wrong flags */
export function runEmulate(argv: readonly string[], io: Io): Promise<number> {
  const command = prepareCommand(new Command('npm run emulate --'), io)
    .description('Run a local SLS, filled by PutLogs or from an access log, until SIGTERM or SIGINT.')
    .addOption(
      new Option('--listen <address>', 'Address and port; port 0 takes any free one')
        .argParser(parseListenAddress)
        .default({ host: '127.0.0.1', port: 8088 }, '127.0.0.1:8088'),
    );
  addLogOptions(command);
  addBehaviourOptions(command);
  command.action((options: EmulateOptions) => emulate(options, io));
  return runCommand('emulate', command, argv, io);
}

function addLogOptions(command: Command): void {
  command
    .optionsGroup('Logs:')
    .option('--access-log <file>', 'Access log of nginx-ingress to read, in the format of ACK')
    .option('--follow', 'Keep reading the access log as it grows and is rotated')
    .option('--project <project>', 'Name of the only project', 'k8s-log-demo')
    .option('--logstore <logstore>', 'Name of the only logstore', 'nginx-ingress')
    .optionsGroup('Credentials:')
    .option('--access-key-id <id>', 'Accept only requests signed with this key; default: accept all')
    .option('--access-key-secret <secret>', 'The secret of --access-key-id');
}

function addBehaviourOptions(command: Command): void {
  command
    .optionsGroup('Behaviour:')
    .addOption(
      new Option('--latency <duration>', 'Added to each query, for example 80ms').argParser(parseDurationMs),
    )
    .addOption(
      new Option('--sql-concurrency <count>', 'Concurrent SQL queries of a project; more are refused')
        .argParser(parseCount)
        .default(15),
    )
    .addOption(
      new Option(
        '--ingest-lag <duration>',
        'Delay until a line is visible to queries, for example 3s',
      ).argParser(parseDurationMs),
    )
    .addOption(
      new Option('--error-rate <share>', 'Share of queries answered with a 5xx, for example 0.1').argParser(
        parseShare,
      ),
    );
}

/** Runs a local SLS until a signal, filled by PutLogs or from an access log. */
async function emulate(options: EmulateOptions, io: Io): Promise<void> {
  const { accessLog, follow = false, listen } = options;
  if (follow && accessLog === undefined)
    throw new AdapterError('ConfigInvalid', '--follow needs --access-log FILE');
  if (accessLog !== undefined) await checkAccessLog(accessLog, follow);
  const emulator = await startListening(listen, () => startEmulator(emulatorOptions(options, io)));
  try {
    io.stdout.write(introduction(options, emulator.url));
    if (accessLog !== undefined) await ingest(accessLog, options, emulator, io);
    await aborted(io.signal);
  } finally {
    await emulator.stop();
  }
}

/** Throws AdapterError `ConfigInvalid` if the file cannot be read. With `mayBeMissing`, it need not exist yet. */
async function checkAccessLog(path: string, mayBeMissing: boolean): Promise<void> {
  const refuse = (why: string, cause?: unknown) =>
    new AdapterError('ConfigInvalid', `--access-log ${path} ${why}`, { cause });
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    const { code = String(cause) } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' && mayBeMissing) return;
    throw refuse(`cannot be read (${code})`, cause);
  }
  if ((await stat(path)).isDirectory()) throw refuse('is a directory');
}

async function ingest(path: string, options: EmulateOptions, emulator: Emulator, io: Io): Promise<void> {
  let reports = 0;
  const counts = await ingestAccessLog({
    path,
    follow: options.follow ?? false,
    sink: emulator.sink(options.project, options.logstore),
    onUnparsed: (reason, line) => {
      emulator.countUnparsed(1);
      reports += 1;
      if (reports <= maxReports) io.stderr.write(`${path}: unparsed: ${reason}: ${line.slice(0, 200)}\n`);
      if (reports === maxReports)
        io.stderr.write(`${path}: more unparsed lines are counted, but not shown\n`);
    },
    signal: io.signal,
  });
  io.stdout.write(`${path}: ${counts.records} lines read, ${counts.unparsed} unparsed\n`);
}

/** Returns the text that the program prints at its start. */
function introduction({ project, logstore, accessKeyId }: EmulateOptions, url: string): string {
  const [id, secret] = accessKeyId === undefined ? ['any', 'any'] : [accessKeyId, 'SECRET'];
  return [
    `SLS for project ${project}, logstore ${logstore} listens at ${url}.`,
    accessKeyId === undefined
      ? 'Any key pair is accepted.'
      : `Only requests signed with the key ${accessKeyId} are accepted.`,
    'Read it with the command below. `serve` takes the same variables and --sls-endpoint.',
    '',
    `  ALIBABA_CLOUD_ACCESS_KEY_ID=${id} ALIBABA_CLOUD_ACCESS_KEY_SECRET=${secret} \\`,
    `    npm run -s adapter -- query sls_ingress_qps --sls-endpoint ${url} \\`,
    `    --selector sls.project=${project},sls.logstore=${logstore}`,
    '',
    `Its counters: curl ${url}/__stats`,
    '',
  ].join('\n');
}

function emulatorOptions(options: EmulateOptions, { clock, random }: Io) {
  const { listen, project, logstore, accessKeyId: id, accessKeySecret: secret } = options;
  if ((id === undefined) !== (secret === undefined)) {
    throw new AdapterError('ConfigInvalid', '--access-key-id and --access-key-secret go together');
  }
  return {
    listenHost: listen.host,
    listenPort: listen.port,
    logstores: [{ project, logstore }],
    ...(id === undefined || secret === undefined ? {} : { accessKey: { id, secret } }),
    ...(options.latency === undefined ? {} : { latencyMs: options.latency }),
    ...(options.sqlConcurrency === undefined ? {} : { sqlConcurrency: options.sqlConcurrency }),
    ...(options.ingestLag === undefined ? {} : { ingestLagMs: options.ingestLag }),
    ...(options.errorRate === undefined ? {} : { errorRate: options.errorRate }),
    clock,
    random,
  };
}

/** Runs `start`. Throws AdapterError `AddressInUse` or `AddressUnusable` if it cannot listen. */
export async function startListening<T>({ host, port }: ListenAddress, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (cause) {
    throw toListenError(cause, `${host}:${port}`);
  }
}
