import type { ConfigurationOptions } from '@kubernetes/client-node';
import type { CallOptions, KubeClient } from './kube-client.ts';
import { KubeError } from './kube-error.ts';
import { isRecord, metadataOf, versionOf, type KubeObject } from './kube-object.ts';

/** A page that is too long is asked for again with so many times fewer objects. */
const shrinking = 8;

/** The page after a short one has so many times more objects: few are long, and they may be over. */
const growth = 2;

/** A list with more objects or pages counts as one without an end. One that is selected by a name has one object. */
const mostObjects = 100_000;

/** The parameters of one page, with the names that client-node gives them. */
interface PageParameters {
  readonly limit: number;
  /** The token of the next page. */
  readonly _continue?: string;
  readonly fieldSelector?: string;
}

/** A collection of objects that can be listed and watched. */
export interface Collection {
  /** Such as `/api/v1/namespaces/{namespace}/configmaps`. */
  readonly path: string;
  /** Default: all objects. */
  readonly fieldSelector?: string;
  readonly list: (page: PageParameters, options: ConfigurationOptions) => Promise<unknown>;
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
interface ListPage {
  /** The resourceVersion of the list, which is the same on every page. */
  readonly version: string;
  readonly items: readonly KubeObject[];
  /** The token of the next page. Empty on the last page. */
  readonly next: string;
}

/** Lists a collection page by page. @throws KubeError; the signal's reason */
export async function* listPages(
  client: KubeClient,
  { path, fieldSelector, list }: Collection,
  limit: number,
  options: CallOptions,
): AsyncGenerator<ListPage, void, undefined> {
  const most = fieldSelector === undefined ? mostObjects : 1;
  let size = limit;
  let next = '';
  let objects = 0;
  for (;;) {
    const parameters = {
      ...(fieldSelector && { fieldSelector }),
      limit: size,
      ...(next && { _continue: next }),
    };
    const reply = await client
      .call((request) => list(parameters, request), options)
      .catch((error: unknown) => {
        if (error instanceof KubeError && error.kind === 'size' && size > 1) return undefined;
        throw error;
      });
    if (reply === undefined) {
      size = Math.floor(size / shrinking) || 1;
      continue;
    }
    const page = pageOf(reply);
    if (page === undefined) throw new KubeError('reply', `GET ${path} answered no list`);
    objects += Math.max(1, page.items.length);
    if (objects > most)
      throw new KubeError('reply', `GET ${path} answered more than ${most} objects or pages`);
    yield page;
    size = Math.min(limit, size * growth);
    next = page.next;
    if (next === '') return;
  }
}

/** Returns undefined if the reply is not a list: an empty list would mean that everything is gone. */
export function pageOf(reply: unknown): ListPage | undefined {
  const version = versionOf(reply);
  if (version === undefined || !isRecord(reply)) return undefined;
  // Go writes an empty list of some kinds as null.
  const items = reply['items'];
  if (items !== null && !(Array.isArray(items) && items.every(isRecord))) return undefined;
  const next = metadataOf(reply)['continue'];
  return { version, items: items ?? [], next: typeof next === 'string' ? next : '' };
}
