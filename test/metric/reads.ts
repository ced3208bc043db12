import { AdapterError } from '../../src/errors.ts';
import { parseLabelSelector } from '../../src/grammar/label-selector.ts';
import {
  parseMetricRequest,
  type MetricRequest,
  type RequestDefaults,
} from '../../src/metric/metric-request.ts';
import { builtIn } from '../support/catalog.ts';

export const base = 'sls.project=k8s-log-c1,sls.logstore=nginx-ingress';

export function read(selector: string, defaults: RequestDefaults = {}, namespace = 'default'): MetricRequest {
  return parseMetricRequest('sls_ingress_qps', namespace, parseLabelSelector(selector), defaults, builtIn);
}

export const readMore = (labels: string) => read(`${base},${labels}`);

export function attempt(selector: string, defaults?: RequestDefaults): MetricRequest | AdapterError {
  try {
    return read(selector, defaults);
  } catch (error) {
    if (error instanceof AdapterError) return error;
    throw error;
  }
}

export function refusalOf(selector: string, defaults?: RequestDefaults): AdapterError {
  const found = attempt(selector, defaults);
  if (found instanceof AdapterError) return found;
  throw new Error(`accepted: ${selector}`);
}
