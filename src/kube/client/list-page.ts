import { isRecord } from './kube-error.ts';

/** A Kubernetes object as it came. */
export type KubeObject = Readonly<Record<string, unknown>>;

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
export interface ListPage {
  /** The same on every page of a list. */
  readonly version: string;
  readonly items: readonly KubeObject[];
  /** Where the next page goes on; empty: this is the last. */
  readonly next: string;
}

/** Undefined: the reply is no list. */
export function pageOf(reply: unknown): ListPage | undefined {
  const version = versionOf(reply);
  if (version === undefined || !isRecord(reply)) return undefined;
  const items = reply['items'];
  // Go writes an empty list of some kinds as null.
  if (items !== null && !(Array.isArray(items) && items.every(isRecord))) return undefined;
  const next = metadataOf(reply)['continue'];
  return { version, items: items ?? [], next: typeof next === 'string' ? next : '' };
}

/** The resourceVersion of an object or a list. */
export function versionOf(object: unknown): string | undefined {
  const version = isRecord(object) ? metadataOf(object)['resourceVersion'] : undefined;
  return typeof version === 'string' && version !== '' ? version : undefined;
}

/** Empty where there is none. */
export function metadataOf(object: KubeObject): KubeObject {
  const metadata = object['metadata'];
  return isRecord(metadata) ? metadata : {};
}
