import { expertNames } from '../../forecast/experts.ts';
import { historyDays } from '../../forecast/minute-counts.ts';
import type { MetricRequest } from '../../metric/metric-request.ts';
import type { forecastFigures } from '../../reading/history/forecast-figures.ts';
import type { ReadingStack } from '../../service/reading-stack.ts';
import { minuteLogQuery } from '../../sls/minute-counts.ts';

/** Runs the forecasts of a command until their history is counted, or has failed. */
export async function countHistory(
  { series }: MetricRequest,
  { forecasts }: ReadingStack,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  const ended = new AbortController();
  const running = forecasts.run(AbortSignal.any([signal, ended.signal]));
  await forecasts.settled(series, namespace, signal);
  ended.abort();
  await running;
}

/** Returns how a forecast is made, and the query of its last minute. */
export function forecastExplanation(request: MetricRequest, { sls, delays }: ReadingStack, nowMs: number) {
  const { metric, project, logstore, routes, filters, series, forecast } = request;
  const [first] = series;
  const delaySeconds = first === undefined ? 0 : delays.secondsOf(first);
  const endSeconds = Math.floor((nowMs / 1000 - delaySeconds) / 60) * 60;
  const endpoint = sls.endpointOf(request);
  const query = minuteLogQuery(
    {
      ...{ endpoint, project, logstore, metric, filters, routes, plannedAtSeconds: endSeconds },
      window: { startSeconds: endSeconds - 60, endSeconds },
    },
    { hasAlternative: true, withoutHeartbeats: sls.heartbeats?.isIn(request) === true },
  );
  return {
    ...{ metric: metric.name, unit: metric.unit, project, logstore, routes: routes ?? null },
    ...{ aheadSeconds: forecast?.aheadSeconds, quantile: forecast?.quantile, delaySeconds },
    history: `${historyDays} days by the minute, then every minute`,
    query: query.query,
  };
}

type Figures = ReturnType<typeof forecastFigures>;

/** Returns the figures of one forecast in a few lines. */
export function figuresText({
  route,
  coverage,
  pinballLoss,
  lastMinutePinballLoss,
  weights,
  mostOfEachHour,
}: Figures): string {
  if (weights === undefined) return `${route ?? '(whole logstore)'}: no forecast\n`;
  const shares = expertNames.map((name) => `${name} ${Math.round(weights[name] * 100)} %`);
  const known = (value = Number.NaN, text = value.toPrecision(3)) => (Number.isNaN(value) ? '-' : text);
  const hour = (of: 'came' | 'forecast') => mostOfEachHour.map((one) => String(one[of] ?? '-')).join(' ');
  return [
    `${route ?? '(whole logstore)'}:`,
    `  weights    ${shares.join(', ')}`,
    `  coverage   ${known(coverage, `${((coverage ?? 0) * 100).toFixed(1)} %`)} of the minutes of the last day had at most what was forecast`,
    `  loss       ${known(pinballLoss)}; of the last minute alone ${known(lastMinutePinballLoss)} (pinball: less is better)`,
    `  came       ${hour('came')} (most of each hour of the last day, per second)`,
    `  forecast   ${hour('forecast')}`,
    '',
  ].join('\n');
}
