import { Option, type Command } from 'commander';
import type { Io } from '../io.ts';
import { addConfigOptions, parseCount, parseDurationMs } from '../options.ts';
import type { RoutesOptions } from './routes.ts';

/** Adds `routes`, which is loaded when it runs. */
export function addRoutes(program: Command, io: Io): void {
  const command = program
    .command('routes')
    .summary('List the routes that a logstore has seen, with the selector of each, or print an HPA')
    .description(
      'List the routes that a logstore has seen lately, with the selector of each; with --hpa, print an HPA.',
    )
    .addOption(
      new Option('--since <duration>', 'How far back to look, 1m to 24h')
        .argParser(parseDurationMs)
        .default(3_600_000, '1h'),
    )
    .option('--namespace <namespace>', 'Only routes of this namespace; it also tells the parts of long ones')
    .addOption(
      new Option('--log-kind <kind>', 'Default: that of ALB where the logstore begins with alb_').choices([
        'nginx-ingress',
        'alb-ingress',
      ]),
    )
    .addOption(new Option('--limit <count>', 'How many routes are shown').argParser(parseCount).default(50))
    .addOption(
      new Option('-o, --output <format>', 'How to print it').choices(['table', 'json']).default('table'),
    )
    .optionsGroup('Manifest:')
    .option('--hpa <deployment>', 'Print an HPA of this Deployment, with a target made of what was seen')
    .option('--route <route>', 'The route of the Deployment, where it is not the only one')
    .addOption(new Option('--min <count>', 'Least replicas').argParser(parseCount).default(1))
    .addOption(new Option('--max <count>', 'Most replicas').argParser(parseCount).default(10));
  addConfigOptions(command, ['sls', 'defaults', 'log']);
  command.action(async (options: RoutesOptions & Record<string, unknown>) =>
    (await import('./routes.ts')).routes(options, options, io),
  );
}
