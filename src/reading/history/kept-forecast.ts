import { AdapterError } from '../../errors.ts';
import type { MinuteCounts } from '../../forecast/minute-counts.ts';
import { RouteForecast, type Forecast, type NotReady } from '../../forecast/route-forecast.ts';
import type { Outcome } from '../../metric/sample.ts';
import type { ForecastTerms, Series } from '../../metric/series.ts';

/** A forecast is an error once the last minute that it is made from ended so long ago, its delay not counted. */
const mostAgeSeconds = 300;

/** Whether a forecast is too old or, since the clock was changed, of a time to come. */
export function isStale(
  { madeAtMinute, delaySeconds }: { readonly madeAtMinute: number; readonly delaySeconds: number },
  nowSeconds: number,
): boolean {
  const ageSeconds = nowSeconds - (madeAtMinute + 1) * 60 - delaySeconds;
  return Math.abs(ageSeconds) > mostAgeSeconds;
}

/** One forecast that is read. Those of other terms share its counts. */
export class KeptForecast {
  readonly series: Series;
  readonly counts: MinuteCounts;
  readonly model: RouteForecast;
  /** Whose share it counts for. */
  readonly namespace: string;
  /** Monotonic ms. */
  readAtMs = 0;
  #madeAtSeconds = 0;
  #made: Forecast | NotReady | undefined;
  #sample: Outcome | undefined;

  constructor(series: Series, counts: MinuteCounts, namespace: string) {
    this.series = series;
    this.counts = counts;
    this.namespace = namespace;
    this.model = new RouteForecast(counts, optionsOf(series.forecast));
  }

  get isLearned(): boolean {
    return this.#made !== undefined;
  }

  /** The forecast; undefined as long as there is none. */
  get forecast(): Forecast | undefined {
    return this.#made !== undefined && 'perSecond' in this.#made ? this.#made : undefined;
  }

  /** Learns the minutes that were added to the counts. */
  learn(nowSeconds: number): void {
    this.model.learn();
    this.#made = this.model.forecast();
    this.#madeAtSeconds = Math.floor(nowSeconds);
    this.#sample = undefined;
  }

  /** @param cause why the history is not newer, if it failed */
  outcome(nowSeconds: number, delaySeconds: number, cause: AdapterError | undefined): Outcome {
    const what = `${this.series.metric.name} of ${this.series.route ?? 'the logstore'}`;
    const { forecast } = this;
    if (forecast === undefined) return failed(notReady(what, this.#made));
    const startSeconds = forecast.madeAtMinute * 60;
    if (isStale({ ...forecast, delaySeconds }, nowSeconds))
      return failed(
        new AdapterError(
          'ForecastStale',
          `${what}: no minute of the last 5 could be counted${because(cause)}`,
          {
            cause,
          },
        ),
      );
    return (this.#sample ??= {
      kind: 'sample',
      sample: {
        value: forecast.perSecond,
        window: { startSeconds, endSeconds: startSeconds + 60 },
        madeAtSeconds: this.#madeAtSeconds,
      },
    });
  }
}

/** @param terms whole minutes */
export const optionsOf = (terms: ForecastTerms | undefined) => ({
  quantile: terms?.quantile ?? 0.9,
  aheadMinutes: (terms?.aheadSeconds ?? 180) / 60,
});

function notReady(what: string, made: Forecast | NotReady | undefined): AdapterError {
  const minute = made !== undefined && 'notReadyUntilMinute' in made ? made.notReadyUntilMinute : undefined;
  const from =
    minute === undefined
      ? 'and no minute was counted yet'
      : `there will be a forecast from ${new Date(minute * 60_000).toISOString().replace(':00.000Z', 'Z')} on`;
  return new AdapterError('ForecastNotReady', `${what}: it needs two hours of history, ${from}`);
}

/** Of an adapter with `reading.maxForecasts` 0. */
export const noForecasts = () =>
  new AdapterError('ForecastNotReady', 'no forecasts are made, since reading.maxForecasts is 0', {
    remedy: 'Set reading.maxForecasts of the adapter, or remove the forecast from the HPA.',
  });

const because = (cause: AdapterError | undefined) => (cause === undefined ? '' : `: ${cause.what}`);

export const failed = (error: AdapterError): Outcome => ({ kind: 'failed', error });
