import { hash } from 'node:crypto';
import type { RequestParser } from '../access/access-check.ts';
import type { ReadName } from '../api/read/external-metrics.ts';
import { AdapterError } from '../errors.ts';
import { parseLabelSelector } from '../grammar/label-selector.ts';
import { parseQuantity } from '../grammar/quantity.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import type { ScaledObjectRef } from './externalscaler_pb.ts';

/** One trigger of a ScaledObject. */
export interface Trigger {
  readonly scaledObject: string;
  /** What it reads, in the words of an HPA. */
  readonly read: ReadName;
  readonly request: MetricRequest;
  /** The same as long as metric and labels are; two triggers with other labels differ. */
  readonly metricName: string;
  /** For each replica, or for all: metricType of the trigger says which, and KEDA does not tell us. */
  readonly target: number;
  /** A greater value activates the workload. */
  readonly activation: number;
}

const defaultMetric = 'sls_ingress_qps';

/** As of any object of Kubernetes. */
const longestName = 253;

/** For KEDA itself, which sends them along. Source: KEDA, "External" and "External Push". */
const keysOfKeda: ReadonlySet<string> = new Set([
  'scalerAddress',
  'enableTLS',
  'unsafeSsl',
  'caCert',
  'tlsClientCert',
  'tlsClientKey',
  'tlsCertFile',
]);

/**
 * Returns what a trigger asks for. Its metadata has the labels of a metric selector as keys, each with its value as it stands
 * behind the key in a selector (`web`, `in (a,b)`, `!=GET`), or a list (`a,b`).
 *
 * @throws AdapterError `TriggerInvalid`, and those of `RequestParser` and `parseLabelSelector`
 */
export function parseTrigger(ref: ScaledObjectRef | undefined, parseRequest: RequestParser): Trigger {
  if (ref === undefined) throw invalid('the request names no ScaledObject');
  if (ref.name.length > longestName)
    throw invalid(`the name of a ScaledObject has at most ${longestName} characters`);
  const metadata = metadataOf(ref);
  const { metric = defaultMetric, target, activation = '0', ...labels } = metadata;
  const names = Object.keys(labels).sort();
  const selector = names.map((name) => requirementText(name, labels[name] ?? '')).join(',');
  const requirements = parseLabelSelector(selector);
  if (requirements.length !== names.length || requirements.some(({ key }, index) => key !== names[index]))
    throw invalid(`the labels in the metadata are not one requirement each: ${selector}`);
  const request = parseRequest(metric, ref.namespace, requirements);
  const digest = hash('sha256', JSON.stringify([metric, selector])).slice(0, 8);
  return {
    scaledObject: ref.name,
    read: { namespace: ref.namespace, metric, selector },
    request,
    metricName: `${metric.replaceAll('_', '-')}-${digest}`,
    target: amountOf('target', target, 'above 0'),
    activation: amountOf('activation', activation, '0 or more'),
  };
}

/** KEDA resolves `keyFromEnv`, and sends the value under that name. */
function metadataOf({ scalerMetadata }: ScaledObjectRef): Record<string, string> {
  const found = new Map<string, string>();
  for (const [sent, value] of Object.entries(scalerMetadata)) {
    if (keysOfKeda.has(sent)) continue;
    const key = sent.replace(/FromEnv$/, '');
    if (found.has(key)) throw invalid(`${key} is given twice, once as ${key}FromEnv`);
    found.set(key, value.trim());
  }
  return Object.fromEntries(found);
}

function requirementText(name: string, value: string): string {
  if (/^((not)?in\s*\(|!=)/.test(value)) return `${name} ${value}`;
  return value.includes(',') ? `${name} in (${value})` : `${name}=${value}`;
}

function amountOf(key: string, text: string | undefined, accepted: 'above 0' | '0 or more'): number {
  try {
    const amount = parseQuantity(text ?? '');
    if (amount > 0 || (amount === 0 && accepted === '0 or more')) return amount;
  } catch {
    // The message below says what is accepted.
  }
  const found = text === undefined ? 'is missing' : `is ${JSON.stringify(text)}`;
  throw invalid(`${key} ${found}; it must be a number ${accepted}, such as 10 or 500m`);
}

export const invalid = (what: string) => new AdapterError('TriggerInvalid', what);
