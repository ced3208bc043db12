import { Command, CommanderError, Option } from 'commander';
import { toAdapterError } from '../errors.ts';
import type { DemoOptions } from './demo/demo.ts';
import type { EmulateOptions } from './emulate.ts';
import type { Io } from './io.ts';
import {
  addConfigOptions,
  parseCount,
  parseDurationMs,
  parseListenAddress,
  parsePort,
  parseShare,
} from './options.ts';
import type { QueryOptions } from './query.ts';

const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/** @returns the exit code: 0, 1 for a failure, 2 for wrong flags or configuration */
export async function runProgram(argv: readonly string[], io: Io): Promise<number> {
  try {
    await buildProgram(io).parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (thrown) {
    // Commander has printed its own errors already; --help and --version are no failures.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
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
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showHelpAfterError('(--help lists what is accepted)');
  addServe(program, io);
  addDemo(program, io);
  addEmulate(program, io);
  addQuery(program, io);
  return program;
}

function addServe(program: Command, io: Io): void {
  const command = program.command('serve').description('serve the external metrics API');
  addConfigOptions(command).action(async (flags: Record<string, unknown>) =>
    (await import('./serve.ts')).serve(flags, io),
  );
}

function addDemo(program: Command, io: Io): void {
  program
    .command('demo')
    .description('everything on this machine: a local SLS, traffic and the adapter')
    .addOption(
      new Option('--secure-port <port>', 'port of the API; 0 takes any free one')
        .argParser(parsePort)
        .default(6443),
    )
    .addOption(new Option('--cert-dir <dir>', 'where the serving pair and a kubeconfig are kept'))
    .addOption(
      new Option('--listen <address>', 'address of the local SLS')
        .argParser(parseListenAddress)
        .default({ host: '127.0.0.1', port: 0 }, '127.0.0.1:0'),
    )
    .addOption(
      new Option('--for <duration>', 'end by itself after this time, for example 60s').argParser(
        parseDurationMs,
      ),
    )
    .action(async (options: DemoOptions) => (await import('./demo/demo.ts')).demo(options, io));
}

function addEmulate(program: Command, io: Io): void {
  program
    .command('emulate')
    .description('a local SLS, filled by PutLogs or from an access log')
    .addOption(
      new Option('--listen <address>', 'address and port')
        .argParser(parseListenAddress)
        .default({ host: '127.0.0.1', port: 8088 }, '127.0.0.1:8088'),
    )
    .addOption(new Option('--access-log <file>', 'access log of nginx-ingress in the format of ACK'))
    .addOption(new Option('--follow', 'keep reading the access log as it grows'))
    .addOption(new Option('--project <project>', 'the project that exists').default('k8s-log-demo'))
    .addOption(new Option('--logstore <logstore>', 'the logstore that exists').default('nginx-ingress'))
    .addOption(new Option('--access-key-id <id>', 'with --access-key-secret: verify signatures'))
    .addOption(new Option('--access-key-secret <secret>', 'secret of --access-key-id'))
    .addOption(
      new Option('--latency <duration>', 'added to every query, for example 80ms').argParser(parseDurationMs),
    )
    .addOption(
      new Option('--sql-concurrency <count>', 'SQL queries at a time, per project (default: 15)').argParser(
        parseCount,
      ),
    )
    .addOption(
      new Option('--ingest-lag <duration>', 'a line becomes visible that much later').argParser(
        parseDurationMs,
      ),
    )
    .addOption(
      new Option('--error-rate <share>', 'share of queries answered with a 5xx').argParser(parseShare),
    )
    .action(async (options: EmulateOptions) => (await import('./emulate.ts')).emulate(options, io));
}

function addQuery(program: Command, io: Io): void {
  const command = program
    .command('query')
    .description('read one metric from SLS, as the adapter would')
    .argument('<metric>', 'for example sls_ingress_qps')
    .requiredOption('--selector <selector>', 'label selector, as in the HPA')
    .option('--namespace <namespace>', 'namespace of the HPA', 'default')
    .addOption(
      new Option('-o, --output <format>', 'output format').choices(['table', 'json']).default('table'),
    );
  addConfigOptions(command, ['sls', 'defaults', 'reading', 'log']).action(
    async (metric: string, options: QueryOptions & Record<string, unknown>) =>
      (await import('./query.ts')).query(metric, options, options, io),
  );
}
