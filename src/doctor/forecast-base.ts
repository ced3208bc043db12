import { forecastSuffix } from '../metric/catalog.ts';
import { labelDefinitions } from '../metric/labels.ts';
import { parseMetricRequest, type MetricRequest } from '../metric/metric-request.ts';
import type { Examination, Read } from './examination.ts';

/** For results. */
export const madeByAdapter =
  'its forecast is made by the running adapter, from minutes that it counts while an HPA reads it: see the status page of the adapter';

/** Returns the request for the metric that a forecast is of: with the same labels, but those for forecasts. */
export function baseRequest(
  { request, requirements, namespace }: Read,
  { facts }: Pick<Examination, 'facts'>,
): MetricRequest {
  const ofForecasts = Object.values(labelDefinitions).filter(({ use }) => use === 'forecast');
  const others = requirements.filter(({ key }) => ofForecasts.every(({ name }) => name !== key));
  const name = request.metric.name.slice(0, -forecastSuffix.length);
  return parseMetricRequest(name, namespace, others, facts.get('config').defaults, facts.get('catalog'));
}
