import { Option, type Command } from 'commander';
import type { Io } from '../io.ts';
import { parseCount, parseDurationMs, parseRate } from '../options.ts';
import type { LoadtestOptions } from './loadtest.ts';

/** Adds `loadtest`, which is loaded when it runs. */
export function addLoadtest(program: Command, io: Io): void {
  program
    .command('loadtest')
    .summary('Send requests at a rising rate, and print rates, latencies and failures')
    .description(
      'Send requests at a rate that rises in a straight line, whether or not they are answered. Ctrl-C ends it early.',
    )
    .argument('<url>', 'For example http://bert.example.com/v1/models/bert:predict')
    .addOption(
      new Option('--rate <rate>', 'Requests per second, steady or from one to another, such as 5..80')
        .argParser(parseRate)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--for <duration>', 'How long, 1s to 24h').argParser(parseDurationMs).default(60_000, '1m'),
    )
    .option('--yes', 'Send to an address that is not private, too')
    .optionsGroup('Requests:')
    .option('--method <method>', 'Default: GET, with a body POST')
    .addOption(
      new Option('--header <header>', "Such as 'Host: bert.example.com'; may be given again")
        .argParser((text: string, before: readonly string[]) => [...before, text])
        .default([], 'none'),
    )
    .option('--body <body>', 'Text, or @ and the name of a file; JSON, unless a header says otherwise')
    .addOption(
      new Option('--timeout <duration>', 'How long an answer may take')
        .argParser(parseDurationMs)
        .default(10_000, '10s'),
    )
    .addOption(
      new Option('--connections <count>', 'How many requests are under way at a time; more are not sent')
        .argParser(parseCount)
        .default(500),
    )
    .option('--insecure', 'Take any certificate')
    .addOption(
      new Option('-o, --output <format>', 'How to print it').choices(['table', 'json']).default('table'),
    )
    .action(async (url: string, options: LoadtestOptions) =>
      (await import('./loadtest.ts')).loadtest(url, options, io),
    );
}
