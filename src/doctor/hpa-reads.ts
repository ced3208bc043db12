import { AdapterError } from '../errors.ts';
import { parseMetricRequest } from '../metric/metric-request.ts';
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
