import { projectSettings } from '../../config/project-settings.ts';
import type { Config } from '../../config/schema.ts';
import { AdapterError } from '../../errors.ts';
import { labelDefinitions } from '../../metric/labels.ts';
import { defaultTerms } from '../../metric/metric-request.ts';
import { forecastsOf, readForecast, type MinuteHistory } from '../../replay/forecast-readings.ts';
import type { PhaseReadings, ReadingRules } from '../../replay/readings.ts';
import type { ReplayInput } from '../../replay/replay.ts';
import { addedForecasts, type ReplayedForecast, type ReplayedHpa } from '../../replay/replayed-hpa.ts';
import { catalogOf } from '../../service/catalog.ts';

export interface ForecastOptions {
  /** Whether to show the HPA with forecasts too. It does so anyway if the HPA names some. */
  readonly forecast?: boolean;
  /** Milliseconds. */
  readonly ahead?: number;
  readonly quantile?: number;
}

/** Returns the forecasts that the HPA names or, if none, those that `--forecast` adds. */
export function forecastsTo(
  hpa: ReplayedHpa,
  options: ForecastOptions,
  config: Config,
): readonly ReplayedForecast[] {
  const { forecast = false, ahead, quantile } = options;
  if (!forecast || hpa.forecasts.length > 0) return hpa.forecasts;
  const aheadSeconds = ahead === undefined ? defaultTerms.aheadSeconds : Math.ceil(ahead / 60_000) * 60;
  const { accepts, accepted, name } = labelDefinitions.ahead;
  if (!accepts(String(aheadSeconds)))
    throw new AdapterError(
      'ConfigInvalid',
      `--ahead is ${aheadSeconds} s and, as ${name}, must be ${accepted}`,
    );
  return addedForecasts(hpa, catalogOf(config), {
    aheadSeconds,
    quantile: quantile ?? defaultTerms.quantile,
  });
}

function forecastNotes(forecasts: readonly ReplayedForecast[], [phase]: readonly PhaseReadings[]): string[] {
  return forecasts.map(({ metric, series }, index) => {
    const usages = phase?.usagesMilli.at(index - forecasts.length) ?? new Float64Array();
    const without = usages.filter((usage) => Number.isNaN(usage)).length;
    const { aheadSeconds = 0, quantile = 0 } = series[0]?.forecast ?? {};
    const share = `${Math.round((100 * without) / Math.max(1, usages.length))} %`;
    return `With forecast: ${metric.name}, ${aheadSeconds} s ahead, quantile ${quantile}, from what each moment knew${without === 0 ? '' : `; ${share} of the reads had no forecast, for want of history (begin later: --from) or since the log had stopped`}.`;
  });
}

/** Returns the HPA with the forecasts beside its metrics, and what it reads; undefined: there are none. */
export function withForecasts(
  {
    hpa: { spec, requests },
    forecasts,
    histories,
    rules,
    input,
    fromSeconds,
  }: {
    readonly hpa: ReplayedHpa;
    readonly forecasts: readonly ReplayedForecast[];
    readonly histories: readonly (readonly MinuteHistory[])[];
    readonly rules: ReadingRules;
    readonly input: ReplayInput;
    readonly fromSeconds: number;
  },
  config: Config,
) {
  if (forecasts.length === 0) return undefined;
  const { holdSeconds } = projectSettings(config)(requests[0]?.project ?? '').reading.silence;
  const minutes = histories.map((ofMetric) => ({
    firstMinute: ofMetric[0]?.firstMinute ?? 0,
    bySeries: ofMetric.map((one) => forecastsOf(one, holdSeconds)),
    delaySeconds: Math.max(...ofMetric.map((one) => rules.delaySecondsOf(one.series))),
  }));
  const readings = input.readings.map((phase) => ({
    ...phase,
    usagesMilli: [...phase.usagesMilli, ...minutes.map((one) => readForecast(one, phase, fromSeconds))],
  }));
  const metrics = [...spec.metrics, ...forecasts.map(({ metric }) => metric)];
  return {
    spec: { ...spec, metrics },
    input: { ...input, readings },
    notes: forecastNotes(forecasts, readings),
  };
}
