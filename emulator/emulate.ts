import type { Readable } from 'node:stream';
import { Command, Option } from 'commander';
import { aborted, type Io } from '../src/cli/io.ts';
import { parseCount, parseDurationMs } from '../src/cli/options.ts';
import { prepareCommand, runCommand } from '../src/cli/run-command.ts';
import { toListenError } from '../src/errors.ts';
import { isFinished, openAccessLog, printSummary, readAccessLog } from './access-log-input.ts';
import { startEmulator } from './emulator.ts';
import type { Stamp } from './ingest/collector.ts';
import { startLines, type TrafficKind } from './live-lines.ts';
import type { LogSink } from './log-record.ts';
import { kindOfLine, lineKinds, type LineKind } from './traffic/line-kinds.ts';
import { parseListenAddress, parseShare, wrongFlag, type ListenAddress } from './options.ts';

interface EmulateOptions {
  readonly listen: ListenAddress;
  readonly accessLog?: string;
  readonly follow?: boolean;
  readonly traffic?: TrafficKind;
  readonly kind: LineKind;
  readonly stamp: Stamp;
  readonly project: string;
  readonly logstore: string;
  readonly accessKeyId?: string;
  readonly accessKeySecret?: string;
  readonly securityToken?: string;
  readonly tokenLifetime?: number;
  readonly latency?: number;
  readonly sqlConcurrency?: number;
  readonly ingestLag?: number;
  readonly errorRate?: number;
}

/** @returns the exit code: 0, 1 for a failure, 2 for wrong flags or a log that cannot be read */
export function runEmulate(
  argv: readonly string[],
  io: Io,
  stdin: () => Readable = () => process.stdin,
): Promise<number> {
  const command = prepareCommand(new Command('npm run emulate --'), io)
    .description('Run a local SLS, filled by PutLogs or from an access log, until SIGTERM or SIGINT.')
    .addOption(
      new Option('--listen <address>', 'Address and port; port 0 takes any free one')
        .argParser(parseListenAddress)
        .default({ host: '127.0.0.1', port: 8088 }, '127.0.0.1:8088'),
    );
  addLogOptions(command);
  addBehaviourOptions(command);
  command.action((options: EmulateOptions) => emulate(options, io, stdin));
  return runCommand('emulate', command, argv, io);
}

function addLogOptions(command: Command): void {
  command
    .optionsGroup('Logs:')
    .option('--access-log <file>', 'Access log of a gateway to read; - is standard input')
    .option('--follow', 'Keep reading the access log as it grows and is rotated')
    .addOption(
      new Option(
        '--traffic <kind>',
        'Made-up traffic: of the demo, or odd (retried canaries, error pages, doubled lines, …)',
      ).choices(['demo', 'odd']),
    )
    .addOption(
      new Option(
        '--kind <kind>',
        'Gateway whose log the made-up traffic is, and whose index the logstore has',
      )
        .choices(lineKinds)
        .default('nginx-ingress'),
    )
    .addOption(
      new Option('--stamp <time>', "Time of a line: of its request, or of the collector's reading as on ACK")
        .choices(['request', 'reading'])
        .default('request'),
    )
    .option('--project <project>', 'Name of the only project', 'k8s-log-demo')
    .option('--logstore <logstore>', 'Name of the only logstore', 'nginx-ingress')
    .optionsGroup('Credentials:')
    .option('--access-key-id <id>', 'Accept only requests signed with this key; default: accept all')
    .option('--access-key-secret <secret>', 'The secret of --access-key-id')
    .option('--security-token <token>', 'The token that requests signed with --access-key-id must have')
    .addOption(
      new Option(
        '--token-lifetime <duration>',
        'After this long, SLS says that the token has expired, for example 30s; default: never',
      ).argParser(parseDurationMs),
    );
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

/** Runs a local SLS until a signal, filled by PutLogs, from an access log or by made-up traffic. */
async function emulate(options: EmulateOptions, io: Io, stdin: () => Readable): Promise<void> {
  const { accessLog, follow = false, listen, stamp, traffic, kind, project, logstore } = options;
  if (follow && accessLog === undefined) throw wrongFlag('--follow needs --access-log FILE');
  if (stamp === 'reading' && !follow && traffic === undefined)
    throw wrongFlag('--stamp reading needs --follow or --traffic');
  const input = accessLog === undefined ? undefined : await openAccessLog(accessLog, follow, stdin);
  const emulator = await startListening(listen, () => startEmulator(emulatorOptions(options, io)));
  const ending = new AbortController();
  const signal = AbortSignal.any([io.signal, ending.signal]);
  try {
    const store = emulator.sink(project, logstore);
    const read = async (sink: LogSink) =>
      input === undefined
        ? undefined
        : readAccessLog(input, sink, (lines) => emulator.countUnparsed(lines), io);
    const isReadFirst = input !== undefined && isFinished(input);
    const reader = isReadFirst ? await read(store) : undefined;
    io.stdout.write(introduction(options, emulator.url));
    if (input?.source.kind === 'file' && input.source.isMissing === true)
      io.stderr.write(`${input.path} does not exist yet: waiting for it\n`);
    const linesCome = traffic !== undefined || (input !== undefined && !isReadFirst);
    const lines = linesCome
      ? startLines({ stamp, traffic, kind, sink: store, emulator, io, signal })
      : undefined;
    const reading = lines === undefined || isReadFirst ? Promise.resolve(reader) : read(lines.sink);
    const summarized = reading.then((done) => {
      if (input !== undefined && done !== undefined) printSummary(input, done, io);
    });
    await Promise.all([summarized, lines?.done, aborted(io.signal)]);
  } finally {
    ending.abort();
    await emulator.stop();
  }
}

/** Returns the text that the program prints at its start. */
function introduction(
  { project, logstore, kind, traffic, accessKeyId }: EmulateOptions,
  url: string,
): string {
  const [id, secret] = accessKeyId === undefined ? ['any', 'any'] : [accessKeyId, 'SECRET'];
  // Made-up requests begin two minutes before the start, not an hour.
  const since = traffic === undefined ? '' : ' --since 1m';
  return [
    `SLS for project ${project}, logstore ${logstore} listens at ${url}.`,
    accessKeyId === undefined
      ? 'Any key pair is accepted.'
      : `Only requests signed with the key ${accessKeyId} are accepted.`,
    'List its routes, and read all of them; add the SELECTOR of a route to read it alone. `serve` takes the same key and endpoint.',
    '',
    `  export ALIBABA_CLOUD_ACCESS_KEY_ID=${id} ALIBABA_CLOUD_ACCESS_KEY_SECRET=${secret}`,
    `  npm run -s adapter -- routes --sls-endpoint ${url} --project ${project} --logstore ${logstore}${since}`,
    `  npm run -s adapter -- query ${kindOfLine[kind].qps} --sls-endpoint ${url} \\`,
    `    --selector sls.project=${project},sls.logstore=${logstore}`,
    '',
    `Its counters: curl ${url}/__stats`,
    '',
  ].join('\n');
}

function emulatorOptions(options: EmulateOptions, { clock, random }: Io) {
  const { listen, project, logstore, kind, accessKeyId: id, accessKeySecret: secret } = options;
  if ((id === undefined) !== (secret === undefined)) {
    throw wrongFlag('--access-key-id and --access-key-secret go together');
  }
  const { securityToken, tokenLifetime } = options;
  if (securityToken !== undefined && id === undefined)
    throw wrongFlag('--security-token needs --access-key-id');
  if (tokenLifetime !== undefined && securityToken === undefined)
    throw wrongFlag('--token-lifetime needs --security-token');
  const token = {
    ...(securityToken === undefined ? {} : { securityToken }),
    ...(tokenLifetime === undefined ? {} : { expiresAtMs: clock.now() + tokenLifetime }),
  };
  return {
    listenHost: listen.host,
    listenPort: listen.port,
    logstores: [{ project, logstore, index: kindOfLine[kind].index }],
    ...(id === undefined || secret === undefined ? {} : { accessKey: { id, secret, ...token } }),
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
