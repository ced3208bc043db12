import { Command, Option } from 'commander';
import { packageVersion } from '../api/discovery/version.ts';
import type { DoctorOptions } from './doctor.ts';
import type { ExplainOptions } from './explain/explain.ts';
import type { Io } from './io.ts';
import { addLoadtest } from './loadtest/command.ts';
import { addConfigOptions, parseServiceAccount } from './options.ts';
import type { QueryOptions } from './query.ts';
import { addRoutes } from './routes/command.ts';
import { prepareCommand, runCommand } from './run-command.ts';

/** @returns the exit code: 0, 1 for a failure, 2 for wrong flags or configuration */
export function runProgram(argv: readonly string[], io: Io): Promise<number> {
  return runCommand('sls-metrics-adapter', buildProgram(io), argv, io);
}

/** Each command is loaded when it runs: `serve` does without the others' libraries. */
function buildProgram(io: Io): Command {
  const program = prepareCommand(new Command('sls-metrics-adapter'), io)
    .description(
      'External metrics for the horizontal pod autoscaler, from the access log in Alibaba Cloud SLS.',
    )
    .version(packageVersion(), '-V, --version', 'Show the version')
    .helpCommand('help [command]', 'Show the help of a command');
  addServe(program, io);
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
