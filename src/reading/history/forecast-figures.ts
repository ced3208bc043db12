import type { KeptForecast } from './kept-forecast.ts';

/** Returns the experts of a forecast, how good it is, and the most of each hour of the last day: what came, and what was forecast. */
export function forecastFigures({ series, forecast, counts, model }: KeptForecast) {
  // Null where no minute of the hour is known: the maximum of none is -Infinity.
  const perSecond = (count: number) => (count < 0 ? null : Number((count / 60).toPrecision(4)));
  const hours = Array.from({ length: 24 }, (_, index) => {
    const from = counts.last - (24 - index) * 60 + 1;
    const minutes = Array.from({ length: 60 }, (__, minute) => from + minute);
    const most = (of: (minute: number) => number) =>
      perSecond(Math.max(...minutes.map(of).filter((value) => !Number.isNaN(value))));
    return { came: most((minute) => counts.at(minute)), forecast: most((minute) => model.at(minute)) };
  });
  return {
    ...{
      metric: series.metric.name,
      unit: series.metric.unit,
      project: series.project,
      logstore: series.logstore,
    },
    ...{ route: series.route ?? null, ...series.forecast },
    perSecond: forecast?.perSecond,
    coverage: forecast?.coverage,
    pinballLoss: forecast?.pinballPerSecond,
    lastMinutePinballLoss: forecast?.lastMinutePinballPerSecond,
    weights: forecast?.weights,
    mostOfEachHour: hours,
  };
}
