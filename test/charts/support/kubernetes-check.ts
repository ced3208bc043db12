import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../../support/manifests.ts';
import { literalFaults } from './literal-check.ts';
import { objectRuleFaults } from './object-rules.ts';
import { kubernetesVersions, typedAs, typeOf, type KubernetesVersion } from './published-types.ts';

/**
 * What Kubernetes would have against the objects, one line a fault: version, kind and name, where, and why. Unknown
 * fields, missing ones, values of another type, kinds that the version does not serve, and names, labels and
 * quantities that are none. Equal objects are checked once: put many renders into one call, which takes seconds.
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
