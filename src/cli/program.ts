import { Command, CommanderError, Option } from 'commander';
import { packageVersion } from '../api/discovery/version.ts';
import { toAdapterError } from '../errors.ts';
import type { DemoOptions } from '../../emulator/demo/demo.ts';
import type { DoctorOptions } from './doctor.ts';
import type { EmulateOptions } from '../../emulator/emulate.ts';
import { CommandFailed, type Io } from './io.ts';
import { addLoadtest } from './loadtest/command.ts';
import {
  addConfigOptions,
  parseCount,
  parseDurationMs,
  parseListenAddress,
  parsePort,
  parseServiceAccount,
  parseShare,
} from './options.ts';
import type { ExplainOptions } from './explain/explain.ts';
import type { QueryOptions } from './query.ts';
import { addRoutes } from './routes/command.ts';

const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/** @returns the exit code: 0, 1 for a failure, 2 for wrong flags or configuration */
export async function runProgram(argv: readonly string[], io: Io): Promise<number> {
  try {
    await buildProgram(io).parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (thrown) {
    // Commander has printed its own errors already, and --help is none.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (thrown instanceof CommandFailed) return exitCodes.failed;
    const error = toAdapterError(thrown);
    io.stderr.write(`sls-metrics-adapter: ${error.message}\n`);
    if (error.code === 'Internal' && error.cause instanceof Error)
      io.stderr.write(`${error.cause.stack ?? ''}\n`);
    return error.code === 'ConfigInvalid' ? exitCodes.usage : exitCodes.failed;
  }
}

/** Each command is loaded when it runs: `serve` does without the others' libraries. */
function buildProgram(io: Io): Command {
  const program = new Command('sls-metrics-adapter')
    .description(
      'External metrics for the horizontal pod autoscaler, from the access log in Alibaba Cloud SLS.',
    )
    .version(packageVersion(), '-V, --version', 'Show the version')
    .helpOption('-h, --help', 'Show this help')
    .helpCommand('help [command]', 'Show the help of a command')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showHelpAfterError('(--help lists what is accepted)');
  addServe(program, io);
  addDemo(program, io);
  addEmulate(program, io);
  addQuery(program, io);
  addExplain(program, io);
  addRoutes(program, io);
  addDoctor(program, io);
  addLoadtest(program, io);
  return program;
}

function addServe(program: Command, io: Io): void {
  const command = program
    .command('serve')
    .summary('Serve the external metrics API')
    .description('Serve the external metrics API over TLS, until SIGTERM or SIGINT.');
  addConfigOptions(command);
  command.action(async (flags: Record<string, unknown>) => (await import('./serve.ts')).serve(flags, io));
}

function addDemo(program: Command, io: Io): void {
  program
    .command('demo')
    .summary('Run everything on this machine: a local SLS, traffic and the adapter')
    .description(
      'Run everything on this machine: a local SLS, traffic and the adapter. Shows a table of what is read.',
    )
    .addOption(
      new Option('--secure-port <port>', 'Port of the API; 0 takes any free one')
        .argParser(parsePort)
        .default(6443),
    )
    .addOption(
      new Option('--telemetry-port <port>', 'Port of plain HTTP for /metrics; 0 takes any free one')
        .argParser(parsePort)
        .default(0),
    )
    .addOption(
      new Option(
        '--cert-dir <dir>',
        'Where the certificate and the kubeconfig are kept; without it, sls-metrics-adapter below $XDG_CACHE_HOME or ~/.cache',
      ),
    )
    .addOption(
      new Option('--listen <address>', 'Address and port of the local SLS; port 0 takes any free one')
        .argParser(parseListenAddress)
        .default({ host: '127.0.0.1', port: 0 }, '127.0.0.1:0'),
    )
    .addOption(
      new Option('--for <duration>', 'End by itself after this time, for example 60s').argParser(
        parseDurationMs,
      ),
    )
    .action(async (options: DemoOptions) => (await import('../../emulator/demo/demo.ts')).demo(options, io));
}

function addEmulate(program: Command, io: Io): void {
  program
    .command('emulate')
    .summary('Run a local SLS, filled by PutLogs or from an access log')
    .description('Run a local SLS, filled by PutLogs or from an access log, until SIGTERM or SIGINT.')
    .addOption(
      new Option('--listen <address>', 'Address and port; port 0 takes any free one')
        .argParser(parseListenAddress)
        .default({ host: '127.0.0.1', port: 8088 }, '127.0.0.1:8088'),
    )
    .optionsGroup('Logs:')
    .option('--access-log <file>', 'Access log of nginx-ingress to read, in the format of ACK')
    .option('--follow', 'Go on reading the access log as it grows and is rotated')
    .option('--project <project>', 'The project that exists', 'k8s-log-demo')
    .option('--logstore <logstore>', 'The logstore that exists', 'nginx-ingress')
    .optionsGroup('Credentials:')
    .option('--access-key-id <id>', 'Take only requests signed with this key; without it, any are taken')
    .option('--access-key-secret <secret>', 'The secret of --access-key-id')
    .optionsGroup('Behaviour:')
    .addOption(
      new Option('--latency <duration>', 'Added to each query, for example 80ms').argParser(parseDurationMs),
    )
    .addOption(
      new Option(
        '--sql-concurrency <count>',
        'How many SQL queries run at a time per project; more are refused',
      )
        .argParser(parseCount)
        .default(15),
    )
    .addOption(
      new Option(
        '--ingest-lag <duration>',
        'How much later a line becomes visible, for example 3s',
      ).argParser(parseDurationMs),
    )
    .addOption(
      new Option('--error-rate <share>', 'Share of queries answered with a 5xx, for example 0.1').argParser(
        parseShare,
      ),
    )
    .action(async (options: EmulateOptions) =>
      (await import('../../emulator/emulate.ts')).emulate(options, io),
    );
}

function addQuery(program: Command, io: Io): void {
  const command = program
    .command('query')
    .summary('Read one metric from SLS, as the adapter would')
    .description('Read one metric from SLS, as the adapter would, and print it.');
  addReadOptions(command);
  command.action(async (metric: string, options: QueryOptions & Record<string, unknown>) =>
    (await import('./query.ts')).query(metric, options, options, io),
  );
}

function addExplain(program: Command, io: Io): void {
  const command = program
    .command('explain')
    .summary('Show what a read of one metric comes down to, and why')
    .description(
      'Show what a read of one metric comes down to: query, window, delay, access. With --run, what SLS answers.',
    )
    .option('--run', 'Send the query, and show rows, times and the reading');
  addReadOptions(command);
  command.action(async (metric: string, options: ExplainOptions & Record<string, unknown>) =>
    (await import('./explain/explain.ts')).explain(metric, options, options, io),
  );
}

/** What a read of one metric takes. */
function addReadOptions(command: Command): void {
  command
    .argument('<metric>', 'For example sls_ingress_qps')
    .requiredOption('--selector <selector>', 'Label selector of the metric, as in the HPA')
    .option('--namespace <namespace>', 'Namespace of the HPA', 'default')
    .addOption(
      new Option('-o, --output <format>', 'How to print it').choices(['table', 'json']).default('table'),
    );
  addConfigOptions(command, ['sls', 'defaults', 'reading', 'log']);
  command.addHelpText(
    'after',
    [
      '',
      'Example:',
      `  sls-metrics-adapter ${command.name()} sls_ingress_qps --region cn-beijing --network public \\`,
      '    --selector sls.project=k8s-log-ID,sls.logstore=nginx-ingress,sls.ingress.route=default-web-80',
    ].join('\n'),
  );
}

function addDoctor(program: Command, io: Io): void {
  const command = program
    .command('doctor')
    .summary('Find what keeps HPAs from their metrics, and say how to mend it')
    .description(
      'Check configuration, credentials, SLS, logs and cluster, each line ok, warn, failed or skipped, with what to do. Exit code 1 where something failed.',
    )
    .option('--metric <metric>', 'What to look into; without it, what an HPA names, else sls_ingress_qps')
    .option('--selector <selector>', 'Its label selector, as in the HPA; without it, what an HPA names')
    .option('--namespace <namespace>', 'Namespace of the HPA', 'default')
    .addOption(
      new Option(
        '--service-account <account>',
        'ServiceAccount of the adapter, NAMESPACE/NAME; without it, our own in a pod, else --service-namespace/--service-name',
      ).argParser(parseServiceAccount),
    )
    .addOption(
      new Option('-o, --output <format>', 'How to print it').choices(['table', 'json']).default('table'),
    );
  addConfigOptions(command);
  command.addHelpText(
    'after',
    [
      '',
      'Examples:',
      '  In the pod, with the flags that the adapter runs with there:',
      '    kubectl exec -n sls-metrics-adapter deployment/sls-metrics-adapter -- sls-metrics-adapter doctor',
      '  From elsewhere:',
      '    sls-metrics-adapter doctor --region cn-beijing --network public --kubeconfig ~/.kube/config \\',
      '      --selector sls.project=k8s-log-ID,sls.logstore=nginx-ingress,sls.ingress.route=default-web-80',
    ].join('\n'),
  );
  command.action(async (options: DoctorOptions & Record<string, unknown>) =>
    (await import('./doctor.ts')).doctor(options, options, io),
  );
}
