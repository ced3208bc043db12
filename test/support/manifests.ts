import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { findKubectl } from './kubectl.ts';

const run = promisify(execFile);

/** The fields that every Kubernetes object has. */
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
 * Returns the objects that `kubectl kustomize DIRECTORY` prints.
 *
 * @throws Error if there is no kubectl, or if it fails
 */
export async function renderManifests(directory: string): Promise<KubernetesObject[]> {
  const kubectl = await findKubectl();
  if (kubectl === undefined) throw new Error('kubectl is neither in PATH nor available from npm');
  const { stdout } = await run(kubectl, ['kustomize', directory]);
  return parseObjects(stdout);
}

/** Returns all objects of a YAML text, in order. */
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
 * Returns the only object of that kind, or of that kind and name. `T` is its shape beyond the common fields.
 *
 * @throws Error unless there is exactly one
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
