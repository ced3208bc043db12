import type { JsonObject } from './json-text.ts';
import type { ParsedLine } from './log-form.ts';
import { parseIsoTime } from './log-time.ts';

/** The logs of gateways other than ingress-nginx, by the keys that tell them apart. */
const gateways: readonly (readonly [form: string, keys: readonly string[]])[] = [
  ['JSON of ALB', ['slb_pool_name']],
  ['JSON of MSE or Higress', ['upstream_cluster', 'authority']],
  ['JSON of Envoy Gateway', ['route_name', ':authority']],
];

/** Returns the name of the gateway's log that the object is a line of; undefined: of none. */
export const gatewayForm = (object: JsonObject): string | undefined =>
  gateways.find(([, keys]) => keys.every((key) => Object.hasOwn(object, key)))?.[0];

/**
 * Parses a line as a collector that expands JSON: each key is a field, and each value a text. null is the empty text, as in
 * loongcollector. `otherTime` is Unix time in seconds, for an object that has no time.
 */
export function parseGatewayLine(object: JsonObject, otherTime: number | undefined): ParsedLine {
  const fields = Object.fromEntries(Object.entries(object).map(([key, value]) => [key, textOf(value)]));
  const timeSeconds = parseIsoTime(fields['start_time'] ?? fields['time'] ?? '') ?? otherTime;
  if (timeSeconds === undefined) return { kind: 'unparsed', reason: 'no valid time with a zone' };
  return { kind: 'record', record: { timeSeconds, fields } };
}

function textOf(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
