import type { Forecast } from '../../forecast/route-forecast.ts';
import type { Series } from '../../metric/series.ts';
import type { MetricRegistry } from './metric-registry.ts';
import { labelsOf, seriesLabelNames } from './series-gauges.ts';

export interface ForecastsSource {
  /** All that are read, the longest first. */
  readonly all: () => Iterable<{ readonly series: Series; readonly forecast: Forecast | undefined }>;
  readonly maxForecasts: number;
}

/** Adds how good forecasts are, of the first ones up to a limit. */
export function addForecastGauges(registry: MetricRegistry, limit: number, source: ForecastsSource): void {
  const count = () => [...source.all()].length;
  registry.gauge('forecasts', [], 'Forecasts that were read lately.', count);
  registry.gauge(
    'forecasts_limit',
    [],
    'How many forecasts are kept at most (reading.maxForecasts).',
    () => source.maxForecasts,
  );
  registry.gauge(
    'forecasts_left_out',
    [],
    'Forecasts without gauges of their own, for want of room (telemetry.maxSeriesValues, at least 100).',
    () => Math.max(0, count() - limit),
  );
  const gauge = (name: string, help: string, valueOf: (forecast: Forecast, series: Series) => number) =>
    registry.gauge(name, seriesLabelNames, help, () =>
      made(source, limit).map(({ series, forecast }) => ({
        labels: labelsOf(series),
        value: known(valueOf(forecast, series)),
      })),
    );
  gauge(
    'forecast_coverage',
    'Share of the last day whose minutes had at most what was forecast: about the quantile.',
    ({ coverage }) => coverage,
  );
  gauge(
    'forecast_quantile',
    'The quantile that is forecast.',
    (_, { forecast }) => forecast?.quantile ?? Number.NaN,
  );
  gauge(
    'forecast_pinball_loss',
    'Pinball loss of the forecast in the last hours, in the unit of its metric: less is better.',
    ({ pinballPerSecond }) => pinballPerSecond,
  );
  gauge(
    'forecast_last_minute_pinball_loss',
    'The same of the last minute alone, calibrated in the same way.',
    ({ lastMinutePinballPerSecond }) => lastMinutePinballPerSecond,
  );
  registry.gauge(
    'forecast_expert_weight',
    [...seriesLabelNames, 'expert'],
    'The weight of each expert in the forecast; the sum is 1.',
    () =>
      made(source, limit).flatMap(({ series, forecast }) =>
        Object.entries(forecast.weights).map(([expert, value]) => ({
          labels: { ...labelsOf(series), expert },
          value,
        })),
      ),
  );
}

const made = ({ all }: ForecastsSource, limit: number) =>
  [...all()]
    .slice(0, limit)
    .flatMap(({ series, forecast }) => (forecast === undefined ? [] : [{ series, forecast }]));

const known = (value: number) => (Number.isNaN(value) ? undefined : value);
