import { resolve } from 'node:path';
import type { KubernetesObject } from '../../support/manifests.ts';

/** The versions against which objects are checked: the oldest supported one, and the newest one with published types. */
export const kubernetesVersions = ['1.26', '1.36'] as const;
/** `before 1.26` has the types of all older versions, for API versions that were removed. */
export type KubernetesVersion = (typeof kubernetesVersions)[number] | 'before 1.26';

const customResources = [
  'monitoring.coreos.com/v1',
  'cert-manager.io/v1',
  'scheduling.alibabacloud.com/v1alpha1',
];

/**
 * Returns the TypeScript type, as an expression, of an object in a Kubernetes version. Published types are used, or those
 * in this directory. If the version does not have the kind, the type does not exist.
 */
export function typeOf({ apiVersion, kind }: KubernetesObject, version: KubernetesVersion): string {
  if (customResources.includes(apiVersion)) return `import('./custom-resources.ts').${kind}`;
  // Generated from the CustomResourceDefinitions of the Gateway API.
  if (apiVersion.startsWith('gateway.networking.k8s.io/'))
    return `import('@kubernetes-models/gateway-api/${apiVersion}/${kind}').I${kind}`;
  const [group, groupVersion] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  if (version === '1.36') return clientType(groupVersion ?? '', kind);
  // kubernetes-types lacks the group of the aggregator, which is the same in all versions.
  if (version === 'before 1.26' || group === 'apiregistration.k8s.io')
    return `import('kubernetes-models/${apiVersion}/${kind}').I${kind}`;
  return `import('kubernetes-types/${group?.split('.')[0] ?? ''}/${groupVersion ?? ''}.js').${kind}`;
}

/** @kubernetes/client-node is generated from the OpenAPI of one Kubernetes version. */
function clientType(groupVersion: string, kind: string): string {
  const name = `${groupVersion.charAt(0).toUpperCase()}${groupVersion.slice(1)}${kind}`;
  const models = resolve(
    import.meta.dirname,
    '../../../node_modules/@kubernetes/client-node/dist/gen/models',
  );
  return `import('${models}/${name}.js').${name}`;
}

/** Reserved words of JavaScript. The types have an underscore before them. */
const reserved: ReadonlySet<string> = new Set(['continue', 'default', 'enum', 'from']);

/** Returns the object with its properties renamed to the names in the types. */
export function typedAs(object: KubernetesObject, version: KubernetesVersion): object {
  if (version !== '1.36' || customResources.includes(object.apiVersion)) return object;
  return renamed(object) as object;
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, child]) => [
    reserved.has(key) ? `_${key}` : key,
    renamed(child),
  ]);
  return Object.fromEntries(entries) as object;
}
