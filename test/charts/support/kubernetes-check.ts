import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../../support/manifests.ts';
import { literalFaults } from './literal-check.ts';
import { objectRuleFaults } from './object-rules.ts';
import { kubernetesVersions, typedAs, typeOf, type KubernetesVersion } from './published-types.ts';

/**
 * Returns the faults that Kubernetes would find in the objects, one line each: version, kind and name, path, reason. It
 * finds unknown and missing fields, values of a wrong type, kinds that the version does not serve, and invalid names,
 * labels and quantities. A call takes seconds and checks equal objects once, so check many renders in one call.
 */
export function kubernetesFaults(
  objects: readonly KubernetesObject[],
  versions: readonly KubernetesVersion[] = kubernetesVersions,
): string[] {
  const distinct = objects.filter(
    (object, index) => objects.findIndex((other) => isDeepStrictEqual(other, object)) === index,
  );
  const typed = versions.flatMap((version) => distinct.map((object) => ({ version, object })));
  const literals = typed.map(({ version, object }) => ({
    type: typeOf(object, version),
    value: typedAs(object, version),
  }));
  const typeFaults = literalFaults(literals).map(({ index, path, message }) => {
    const { version, object } = typed[index] ?? unplaced(message);
    const unserved = /^Cannot find module|has no exported member/.test(message);
    return line(version, object, path, unserved ? `no such kind in ${object.apiVersion}` : message);
  });
  const ruleFaults = distinct.flatMap((object) =>
    objectRuleFaults(object).map(({ path, message }) => line('any version', object, path, message)),
  );
  return [...typeFaults, ...ruleFaults];
}

const line = (version: string, { kind, metadata }: KubernetesObject, path: string, message: string) =>
  [`${version}: ${kind} ${metadata.name}`, ...(path === '' ? [] : [path]), message].join(': ');

function unplaced(message: string): never {
  throw new Error(message);
}
