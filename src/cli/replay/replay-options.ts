import type { Command } from 'commander';
import {
  durationOption,
  outputOption,
  parseBudget,
  parseDurationMs,
  parseKubeMinor,
  parseOverload,
  parsePositive,
  parseQuantile,
  parseShare,
} from '../options.ts';
import { spanText } from '../time-text.ts';
import { usualController } from '../../scaling/controller.ts';

const { syncPeriodSeconds, tolerance, downscaleStabilizationSeconds } = usualController;

/** What the options of the controller are without flags. Times in ms. */
export const usualOptions = {
  syncPeriod: syncPeriodSeconds * 1000,
  tolerance,
  downscaleStabilization: downscaleStabilizationSeconds * 1000,
};

/** Adds what `replay` accepts besides settings. */
export function addReplayOptions(command: Command): void {
  command
    .requiredOption('--hpa <hpa>', 'A file with the HPA, or NAMESPACE/NAME of one in the cluster')
    .option('--namespace <namespace>', 'Namespace of an HPA whose file names none', 'default')
    .optionsGroup('Traffic:')
    .option('--from <time>', 'Start, Unix seconds or such as 2026-11-24T00:00:00Z')
    .option('--to <time>', 'End; default: now, or the end of the file')
    .option('--last <duration>', 'The time up to now instead, such as 24h', parseDurationMs)
    .option(
      '--access-log <file>',
      'Access log of nginx-ingress, or of another gateway in JSON, also .gz, instead of SLS',
    )
    .option('--counts <file>', 'CSV with the header time,requests, also .gz, instead of SLS')
    .optionsGroup('Forecast:')
    .option('--forecast', 'Show the HPA also with forecasts of its metrics beside them (docs/forecast.md)')
    .option('--ahead <duration>', 'sls.forecast.ahead, 1m to 15m; default: 3m', parseDurationMs)
    .option('--quantile <share>', 'sls.forecast.quantile, 0.5 to 0.99; default: 0.9', parseQuantile)
    .optionsGroup('Pods:')
    .option(
      '--startup <duration>',
      'How long a pod takes until it is ready; can be repeated',
      (text: string, before?: readonly number[]) => [...new Set([...(before ?? []), parseDurationMs(text)])],
    )
    .option('--capacity <number>', 'What one pod can take; default: averageValue x 1.1', parsePositive)
    .option('--gpus <count>', 'GPUs of a pod', parsePositive)
    .option('--price <price>', 'Price of an hour of a GPU or, without --gpus, of a pod', parsePositive);
  addControllerOptions(command);
}

function addControllerOptions(command: Command): void {
  command
    .optionsGroup('Controller:')
    .option(
      '--kube-version <version>',
      'Version of Kubernetes, 1.20 to 1.36; default: that of the cluster, else 1.36',
      parseKubeMinor,
    )
    .addOption(
      durationOption(
        '--sync-period <duration>',
        'Its --horizontal-pod-autoscaler-sync-period',
        spanText(syncPeriodSeconds),
      ),
    )
    .option('--tolerance <share>', 'Its --horizontal-pod-autoscaler-tolerance', parseShare, tolerance)
    .addOption(
      durationOption(
        '--downscale-stabilization <duration>',
        'Its --horizontal-pod-autoscaler-downscale-stabilization',
        spanText(downscaleStabilizationSeconds),
      ),
    )
    .option('--scale-to-zero', 'Its feature gate HPAScaleToZero is on')
    .optionsGroup('Recommendation:')
    .option('--sweep', 'Try some 860 settings, show those that no other beats, and recommend one')
    .option(
      '--max-overload <time>',
      'Recommend the cheapest setting with at most so much overload',
      parseOverload,
    )
    .option(
      '--budget <amount>',
      'Recommend the least overload for so much: money with --price, else GPU-hours or pod-hours; such as 200/day',
      parseBudget,
    )
    .optionsGroup('Output:')
    .option('--report <file>', 'Also write a page with plots, such as report.html')
    .addOption(outputOption());
}
