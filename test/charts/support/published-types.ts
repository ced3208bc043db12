import { resolve } from 'node:path';
import type { KubernetesObject } from '../../support/manifests.ts';

/** The oldest version that is held to today's API versions, and the newest at hand. */
export const kubernetesVersions = ['1.26', '1.36'] as const;
/** `before 1.26`: whatever any version has had, to check API versions that are gone since. */
export type KubernetesVersion = (typeof kubernetesVersions)[number] | 'before 1.26';

const customResources = ['monitoring.coreos.com/v1', 'cert-manager.io/v1'];

/**
 * The TypeScript type, published or kept here, that an object of a Kubernetes version has, as an expression. That the
 * version has no such kind shows in that there is no such type.
 */
export function typeOf({ apiVersion, kind }: KubernetesObject, version: KubernetesVersion): string {
  if (customResources.includes(apiVersion)) return `import('./custom-resources.ts').${kind}`;
  const [group, groupVersion] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  if (version === '1.36') return clientType(groupVersion ?? '', kind);
  // kubernetes-types has the groups of kube-apiserver, not the aggregator's own, which is the same in every version.
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

/** Words of JavaScript, which those types have with an underscore before them. */
const reserved: ReadonlySet<string> = new Set(['continue', 'default', 'enum', 'from']);

/** The object with its properties under the names that the version's types have for them. */
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
