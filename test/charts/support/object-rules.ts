import type { KubernetesObject } from '../../support/manifests.ts';
import { checkLabelKey, checkLabelValue } from '../../../src/grammar/label-selector.ts';

/** Rules of the API server that the types cannot express. */
interface RuleFault {
  readonly path: string;
  readonly message: string;
}

/**
 * Returns the faults of names, labels, annotations, quantities, integers and port names anywhere in an object. Source: Kubernetes,
 * "Object Names and IDs", "Labels and Selectors", "Quantity".
 */
export function objectRuleFaults(object: KubernetesObject): RuleFault[] {
  return [...nameFaults(object), ...faultsIn(object, '')];
}

function* nameFaults({ kind, metadata }: KubernetesObject): Generator<RuleFault> {
  const { name, namespace } = metadata;
  const [pattern, mostCharacters] = nameRule(kind);
  if (!pattern.test(name) || name.length > mostCharacters)
    yield { path: 'metadata.name', message: `${JSON.stringify(name)} is no name of a ${kind}` };
  if (namespace !== undefined && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace))
    yield { path: 'metadata.namespace', message: `${JSON.stringify(namespace)} is no Namespace` };
}

function nameRule(kind: string): [pattern: RegExp, mostCharacters: number] {
  if (kind === 'Service') return [/^[a-z]([-a-z0-9]*[a-z0-9])?$/, 63];
  if (kind === 'Namespace') return [/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 63];
  // Names of RBAC objects are path segments.
  return [kind.includes('Role') ? /^[^/%]+$/ : /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 253];
}

function* faultsIn(value: unknown, path: string): Generator<RuleFault> {
  if (value === null) yield { path, message: 'null' };
  if (typeof value === 'number' && !Number.isInteger(value))
    yield { path, message: `${value} is no integer` };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const at = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    yield* ruleOf(key, child, at);
    yield* faultsIn(child, at);
  }
}

const quantity = /^\d+(\.\d+)?([numkMGTPE]|[KMGTPE]i|e\d+)?$/;

function* ruleOf(key: string, value: unknown, path: string): Generator<RuleFault> {
  if (/^(labels|matchLabels|nodeSelector)$/.test(key)) yield* labelFaults(value, path);
  if (key === 'annotations') yield* annotationFaults(value, path);
  if (/resources\.(limits|requests)$|\.capacity$/.test(path)) yield* quantityFaults(value, path);
  if (/^(averageValue|sizeLimit)$/.test(key)) yield* quantityFaults({ '': value }, path);
  if (/\.ports\[\d+\]\.name$/.test(path) && !/^(?=.{1,15}$)[a-z0-9]+(-[a-z0-9]+)*$/.test(String(value)))
    yield { path, message: `${JSON.stringify(value)} is no name of a port: at most 15 of a-z, 0-9 and -` };
}

function* labelFaults(labels: unknown, path: string): Generator<RuleFault> {
  for (const [key, value] of Object.entries(labels ?? {}) as [string, unknown][])
    try {
      checkLabelKey(key);
      checkLabelValue(key, String(value));
    } catch (error) {
      yield { path, message: error instanceof Error ? error.message : String(error) };
    }
}

function* annotationFaults(annotations: unknown, path: string): Generator<RuleFault> {
  for (const key of Object.keys(annotations ?? {}))
    try {
      checkLabelKey(key);
    } catch (error) {
      yield { path, message: error instanceof Error ? error.message : String(error) };
    }
}

function* quantityFaults(quantities: unknown, path: string): Generator<RuleFault> {
  for (const [key, value] of Object.entries(quantities ?? {}))
    if (!quantity.test(String(value)))
      yield {
        path: key === '' ? path : `${path}.${key}`,
        message: `${JSON.stringify(value)} is no quantity`,
      };
}
