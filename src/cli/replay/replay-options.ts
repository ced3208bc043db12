import { Option, type Command } from 'commander';
import {
  outputOption,
  parseBudget,
  parseDurationMs,
  parseKubeMinor,
  parseOverload,
  parsePositive,
  parseQuantile,
  parseShare,
} from '../options.ts';

/** Of kube-controller-manager. Times in ms. */
export const usualController = { syncPeriod: 15_000, tolerance: 0.1, downscaleStabilization: 300_000 };

/** Adds what `replay` accepts besides settings. */
export function addReplayOptions(command: Command): void {
  command
    .requiredOption('--hpa <hpa>', 'A file with the HPA, or NAMESPACE/NAME of one in the cluster')
    .option('--namespace <namespace>', 'Namespace of an HPA whose file names none', 'default')
    .optionsGroup('Traffic:')
    .option('--from <time>', 'Start, Unix seconds or such as 2026-11-24T00:00:00Z')
    .option('--to <time>', 'End; default: now, or the end of the file')
    .addOption(
      new Option('--last <duration>', 'The time up to now instead, such as 24h').argParser(parseDurationMs),
    )
    .option('--access-log <file>', "Access log of nginx-ingress in ACK's form, also .gz, instead of SLS")
    .option('--counts <file>', 'CSV with the header time,requests, also .gz, instead of SLS')
    .optionsGroup('Forecast:')
    .option('--forecast', 'Show the HPA also with forecasts of its metrics beside them (docs/forecast.md)')
    .addOption(
      new Option('--ahead <duration>', 'sls.forecast.ahead, 1m to 15m; default: 3m').argParser(
        parseDurationMs,
      ),
    )
    .addOption(
      new Option('--quantile <share>', 'sls.forecast.quantile, 0.5 to 0.99; default: 0.9').argParser(
        parseQuantile,
      ),
    )
    .optionsGroup('Pods:')
    .addOption(
      new Option('--startup <duration>', 'How long a pod takes until it is ready; can be repeated').argParser(
        (text: string, before: readonly number[] | undefined) => [
          ...new Set([...(before ?? []), parseDurationMs(text)]),
        ],
      ),
    )
    .option('--capacity <number>', 'What one pod can take; default: averageValue x 1.1', parsePositive)
    .option('--gpus <count>', 'GPUs of a pod', parsePositive)
    .option('--price <price>', 'Price of an hour of a GPU or, without --gpus, of a pod', parsePositive);
  addControllerOptions(command);
}

function addControllerOptions(command: Command): void {
  command
    .optionsGroup('Controller:')
    .addOption(
      new Option(
        '--kube-version <version>',
        'Version of Kubernetes, 1.20 to 1.36; default: that of the cluster, else 1.36',
      ).argParser(parseKubeMinor),
    )
    .addOption(
      new Option('--sync-period <duration>', 'Its --horizontal-pod-autoscaler-sync-period')
        .argParser(parseDurationMs)
        .default(usualController.syncPeriod, '15s'),
    )
    .addOption(
      new Option('--tolerance <share>', 'Its --horizontal-pod-autoscaler-tolerance')
        .argParser(parseShare)
        .default(usualController.tolerance),
    )
    .addOption(
      new Option(
        '--downscale-stabilization <duration>',
        'Its --horizontal-pod-autoscaler-downscale-stabilization',
      )
        .argParser(parseDurationMs)
        .default(usualController.downscaleStabilization, '5m'),
    )
    .option('--scale-to-zero', 'Its feature gate HPAScaleToZero is on')
    .optionsGroup('Recommendation:')
    .option('--sweep', 'Try about 900 settings, show those that no other beats, and recommend one')
    .addOption(
      new Option(
        '--max-overload <time>',
        'Recommend the cheapest setting with at most so much overload',
      ).argParser(parseOverload),
    )
    .addOption(
      new Option(
        '--budget <amount>',
        'Recommend the least overload for so much: money with --price, else GPU-hours or pod-hours; such as 200/day',
      ).argParser(parseBudget),
    )
    .optionsGroup('Output:')
    .option('--report <file>', 'Also write a page with plots, such as report.html')
    .addOption(outputOption());
}
