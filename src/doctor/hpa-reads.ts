import { AdapterError } from '../errors.ts';
import { forecastSuffix } from '../metric/catalog.ts';
import { labelDefinitions } from '../metric/labels.ts';
import { parseMetricRequest, type MetricRequest } from '../metric/metric-request.ts';
import type { Examination, Read } from './examination.ts';

/** A read that an HPA names. */
export interface HpaRead extends Read {
  /** `{namespace}/{name}` of the HPA. */
  readonly hpa: string;
}

/** Returns the valid reads of all HPAs. The checks `hpa-metrics` and `hpa-labels` report the invalid ones. */
export function hpaReads({ facts }: Pick<Examination, 'facts'>): HpaRead[] {
  const { defaults } = facts.get('config');
  const catalog = facts.get('catalog');
  const autoscalers = facts.find('autoscalers') ?? [];
  return autoscalers.flatMap(({ namespace, name, metrics }) =>
    metrics.flatMap((ref) => {
      if ('refusal' in ref) return [];
      const { requirements } = ref;
      try {
        const request = parseMetricRequest(ref.name, namespace, requirements, defaults, catalog);
        return [{ request, requirements, namespace, hpa: `${namespace}/${name}` }];
      } catch (error) {
        if (error instanceof AdapterError) return [];
        throw error;
      }
    }),
  );
}

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
