import { Command, Option } from 'commander';
import { packageVersion } from '../api/discovery/version.ts';
import { ingressLogs } from '../metric/ingress-logs.ts';
import type { Flags } from './command-config.ts';
import type { DoctorOptions } from './doctor.ts';
import type { ExplainOptions } from './explain/explain.ts';
import type { Io } from './io.ts';
import type { LoadtestOptions } from './loadtest/loadtest.ts';
import {
  addConfigOptions,
  durationOption,
  outputOption,
  parseCount,
  parseMinReplicas,
  parseRate,
  parseServiceAccount,
} from './options.ts';
import type { RamPolicyOptions, TrustPolicyOptions } from './policy.ts';
import type { QueryOptions } from './query.ts';
import type { ReplayOptions } from './replay/replay.ts';
import { addReplayOptions } from './replay/replay-options.ts';
import type { RoutesOptions } from './routes/routes.ts';
import { prepareCommand, runCommand } from './run-command.ts';

/** Returns the exit code: 0, 1 for a failure, 2 for wrong flags or configuration. */
export function runProgram(argv: readonly string[], io: Io): Promise<number> {
  return runCommand('sls-metrics-adapter', buildProgram(io), argv, io);
}

/** Each command imports its code when it runs, so that `serve` does not load the libraries of the others. */
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
  addReplay(program, io);
  addDoctor(program, io);
  addPolicies(program, io);
  addLoadtest(program, io);
  return program;
}

function addServe(program: Command, io: Io): void {
  const command = program
    .command('serve')
    .summary('Serve the external metrics API')
    .description('Serve the external metrics API over TLS, until SIGTERM, SIGINT or SIGHUP.');
  addConfigOptions(command);
  command.action(async (flags: Flags) => (await import('./serve.ts')).serve(flags, io));
}

function addQuery(program: Command, io: Io): void {
  const command = program
    .command('query')
    .summary('Read one metric from SLS, like the adapter')
    .description('Read one metric from SLS, like the adapter, and print it.');
  addReadOptions(command);
  command.action(async (metric: string, options: QueryOptions & Flags) =>
    (await import('./query.ts')).query(metric, options, io),
  );
}

function addExplain(program: Command, io: Io): void {
  const command = program
    .command('explain')
    .summary('Show how the adapter reads one metric, and why')
    .description(
      'Show how the adapter reads one metric: query, window, delay, access. With --run, also the answer of SLS.',
    )
    .option('--run', 'Send the query, and show rows, times and the reading');
  addReadOptions(command);
  command.action(async (metric: string, options: ExplainOptions & Flags) =>
    (await import('./explain/explain.ts')).explain(metric, options, io),
  );
}

/** Adds the options that describe one read. */
function addReadOptions(command: Command): void {
  command
    .argument('<metric>', 'For example sls_ingress_qps')
    .option(
      '--selector <selector>',
      'Label selector of the metric, as in the HPA; what it leaves out comes from the defaults of the configuration',
      '',
    )
    .option('--namespace <namespace>', 'Namespace of the HPA', 'default')
    .addOption(outputOption());
  addConfigOptions(command, ['sls', 'defaults', 'reading', 'log']);
  command.addHelpText(
    'after',
    `
Example:
  sls-metrics-adapter ${command.name()} sls_ingress_qps --region cn-beijing --network public \\
    --selector sls.project=k8s-log-ID,sls.logstore=nginx-ingress,sls.ingress.route=default-web-80`,
  );
}

function addRoutes(program: Command, io: Io): void {
  const command = program
    .command('routes')
    .summary('List the routes in a logstore with their selectors, or print an HPA')
    .description('List the recent routes in a logstore, each with its selector. With --hpa, print an HPA.')
    .addOption(durationOption('--since <duration>', 'How far back to look, 1m to 24h', '1h'))
    .option('--namespace <namespace>', 'Only routes of this namespace; also splits long routes into parts')
    .addOption(
      new Option(
        '--log-kind <kind>',
        'Default: by the columns of the logstore; alb-ingress if its name begins with alb_',
      ).choices(Object.keys(ingressLogs)),
    )
    .option('--limit <count>', 'How many routes to show', parseCount, 50)
    .addOption(outputOption())
    .optionsGroup('Manifest:')
    .option('--hpa <deployment>', 'Print an HPA for this Deployment, with a target from the measured rate')
    .option('--scaled-object <deployment>', 'Print the same as a ScaledObject of KEDA (docs/keda.md)')
    .option(
      '--route <route>',
      'The route of the Deployment, if there are several; repeated, the HPA adds up the routes',
      (text: string, before?: readonly string[]) => [...new Set([...(before ?? []), text])],
    )
    .option('--forecast', 'Also scale by the forecast, as far ahead as --startup (docs/forecast.md)')
    .option('--min <count>', 'Minimum replicas', parseMinReplicas, 1)
    .option('--max <count>', 'Maximum replicas', parseCount, 10)
    .addOption(durationOption('--startup <duration>', 'How long a pod takes until it is ready', '1m'));
  addConfigOptions(command, ['sls', 'defaults', 'log']);
  command.action(async (options: RoutesOptions & Flags) =>
    (await import('./routes/routes.ts')).routes(options, io),
  );
}

function addReplay(program: Command, io: Io): void {
  const command = program
    .command('replay')
    .summary('Show what an HPA would have done with past traffic')
    .description(
      'Show what an HPA would have done with past traffic: replicas, pod-hours, overload. The traffic comes from SLS, an access log or a file of counts.',
    );
  addReplayOptions(command);
  addConfigOptions(command, ['kubernetes', 'sls', 'defaults', 'reading', 'log']);
  command.addHelpText(
    'after',
    `
Examples:
  sls-metrics-adapter replay --hpa shop/web --last 24h --startup 90s --region cn-beijing
  sls-metrics-adapter replay --hpa hpa.yaml --access-log access.log.gz --startup 30s --startup 3m`,
  );
  command.action(async ({ startup = [60_000], ...options }: Partial<ReplayOptions> & Flags) =>
    (await import('./replay/replay.ts')).replay({ ...options, startup } as ReplayOptions & Flags, io),
  );
}

function addDoctor(program: Command, io: Io): void {
  const command = program
    .command('doctor')
    .summary('Find out why HPAs get no metrics, and how to repair it')
    .description(
      'Check configuration, credentials, SLS, logs and cluster. Each check is ok, warn, failed or skipped, with a remedy. The exit code is 1 if a check failed.',
    )
    .option('--metric <metric>', 'Metric to check; default: one that an HPA names, else sls_ingress_qps')
    .option('--selector <selector>', 'Its label selector, as in the HPA; default: one of an HPA')
    .option(
      '--migrate',
      'List who serves external metrics today, what HPAs read, what would stop, and what to type',
    )
    .addOption(
      new Option(
        '--hpa <file>',
        'Check the HPAs of a file instead of the cluster; -: standard input',
      ).conflicts(['selector', 'metric', 'migrate']),
    )
    .option('--namespace <namespace>', 'Namespace of the HPA', 'default')
    .option(
      '--service-account <account>',
      'ServiceAccount of the adapter, NAMESPACE/NAME; default: our own in a pod, else that of its Deployment',
      parseServiceAccount,
    )
    .addOption(outputOption());
  addConfigOptions(command);
  command.addHelpText(
    'after',
    `
Examples:
  In the pod, with the flags of the running adapter:
    kubectl exec -n sls-metrics-adapter deployment/sls-metrics-adapter -- sls-metrics-adapter doctor
  From elsewhere, with the cluster of kubectl (--kubeconfig, KUBECONFIG or ~/.kube/config):
    sls-metrics-adapter doctor --region cn-beijing --network public \\
      --selector sls.project=k8s-log-ID,sls.logstore=nginx-ingress,sls.ingress.route=default-web-80`,
  );
  command.action(async (options: DoctorOptions & Flags) => (await import('./doctor.ts')).doctor(options, io));
}

function addPolicies(program: Command, io: Io): void {
  program
    .command('ram-policy')
    .summary('Print the RAM policy with which a role may query a logstore')
    .description('Print as JSON the RAM policy with which a role or a user may query a logstore.')
    .requiredOption('--project <project>', 'SLS project, such as k8s-log-ID')
    .option('--logstore <logstore>', 'Its logstore', 'nginx-ingress')
    .action(async (options: RamPolicyOptions) => (await import('./policy.ts')).printRamPolicy(options, io));
  program
    .command('trust-policy')
    .summary('Print the trust policy of a role for RRSA')
    .description('Print as JSON the trust policy of a role for RRSA: only the ServiceAccount may assume it.')
    .requiredOption('--account-id <id>', 'ID of the Alibaba Cloud account')
    .requiredOption('--cluster-id <id>', 'ID of the ACK cluster, with RRSA switched on')
    .requiredOption('--issuer <url>', 'URL of its OIDC provider: console, Cluster Information, RRSA OIDC')
    .option(
      '--service-account <account>',
      'ServiceAccount of the adapter, NAMESPACE/NAME',
      parseServiceAccount,
      'sls-metrics-adapter/sls-metrics-adapter',
    )
    .action(async (options: TrustPolicyOptions) =>
      (await import('./policy.ts')).printTrustPolicy(options, io),
    );
}

function addLoadtest(program: Command, io: Io): void {
  program
    .command('loadtest')
    .summary('Send requests at a rising rate, and print rates, latencies and failures')
    .description(
      'Send requests at a linearly rising rate, without waiting for answers. Ctrl-C ends it early.',
    )
    .argument('<url>', 'For example http://bert.example.com/v1/models/bert:predict')
    .requiredOption('--rate <rate>', 'Requests per second, steady (20) or rising (5..80)', parseRate)
    .addOption(durationOption('--for <duration>', 'How long, 1s to 24h', '1m'))
    .option('--yes', 'Also send to an address that is not private')
    .addOption(outputOption())
    .optionsGroup('Requests:')
    .option('--method <method>', 'Default: GET, with a body POST')
    .addOption(
      new Option('--header <header>', "Such as 'Host: bert.example.com'; can be repeated")
        .argParser((text: string, before: readonly string[]) => [...before, text])
        .default([], 'none'),
    )
    .option('--body <body>', 'Text, or @ and a file name; JSON, unless a header says otherwise')
    .addOption(durationOption('--timeout <duration>', 'Maximum time for an answer', '10s'))
    .option('--connections <count>', 'Maximum concurrent requests; others are not sent', parseCount, 500)
    .option('--insecure', 'Accept any certificate')
    .action(async (url: string, options: LoadtestOptions) =>
      (await import('./loadtest/loadtest.ts')).loadtest(url, options, io),
    );
}
