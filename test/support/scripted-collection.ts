import type { ServerResponse } from 'node:http';
import { sendJson, sendStatus, StatusFailure, statusBody } from './kube-status.ts';

/** What every Kubernetes object has, and whatever else. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
  };
  readonly [field: string]: unknown;
}

interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
  readonly version: number;
}

/** Which objects of the collection are meant. */
interface Choice {
  readonly name: string | undefined;
  readonly namespace: string | undefined;
}

interface Page {
  readonly version: number;
  readonly items: readonly KubeObject[];
}

interface OpenWatch extends Choice {
  readonly response: ServerResponse;
  readonly bookmarks: boolean;
  timer?: NodeJS.Timeout;
}

/** How a watch from before the last compaction is refused; the real one does either. */
export type Expiry = 'status' | 'event';

/** Objects of one kind in one place, with list and watch as kube-apiserver has them. */
export class ScriptedCollection {
  /** What objects are sent as. */
  apiVersion: string;
  readonly #kind: string;
  /** By `{namespace}/{name}`. */
  readonly #objects = new Map<string, KubeObject>();
  /** What is left of the lists that are being read by the page, by the token of the next page. */
  readonly #pages = new Map<string, Page>();
  readonly #watches = new Set<OpenWatch>();
  #history: Change[] = [];
  #version = 100;
  #oldestVersion = 100;
  #expiry: Expiry = 'event';
  #silent = false;

  constructor(apiVersion: string, kind: string) {
    this.apiVersion = apiVersion;
    this.#kind = kind;
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** The first of that name, in whatever namespace unless one is given. */
  get(name: string, namespace?: string): KubeObject | undefined {
    if (namespace !== undefined) return this.#objects.get(`${namespace}/${name}`);
    return [...this.#objects.values()].find((object) => object.metadata.name === name);
  }

  /** Creates or replaces; watchers hear of it. */
  put(object: KubeObject): void {
    const type = this.#objects.has(keyOf(object)) ? 'MODIFIED' : 'ADDED';
    this.#change(type, object);
  }

  delete(name: string, namespace?: string): void {
    const object = this.get(name, namespace);
    if (object !== undefined) this.#change('DELETED', object);
  }

  /** Tells the current resource version to every watcher that allows it. Moves on, as other objects change. */
  sendBookmark(): void {
    this.#version++;
    const object = {
      apiVersion: this.apiVersion,
      kind: this.#kind,
      metadata: { resourceVersion: String(this.#version), creationTimestamp: null },
    };
    for (const watch of this.#watches) if (watch.bookmarks) this.#send(watch, { type: 'BOOKMARK', object });
  }

  /**
   * Forgets the history: a watch from an older version and the next page of a list get 410, and so do the open watches
   * when it is an event.
   */
  expire(as: Expiry): void {
    this.#version++;
    this.#oldestVersion = this.#version;
    this.#history = [];
    this.#pages.clear();
    this.#expiry = as;
    if (as === 'event') this.sendError(410, 'Expired', 'too old resource version');
    this.closeWatches();
  }

  /** An ERROR event to every open watch, which stays open. */
  sendError(code: number, reason: string, message: string): void {
    for (const watch of this.#watches)
      this.#send(watch, { type: 'ERROR', object: statusBody(code, reason, message) });
  }

  /** A line as it is, to every open watch. */
  sendRaw(text: string | Buffer): void {
    for (const { response } of this.#watches) response.write(text);
  }

  /** Ends every watch as the server does at its time-out. */
  closeWatches(): void {
    for (const { response } of this.#watches) response.end();
  }

  /** Breaks the connection of every watch. */
  cutWatches(): void {
    for (const { response } of this.#watches) response.socket?.destroy();
  }

  /** From now on no watch hears anything, as behind a proxy that forgot the connection. */
  set silent(silent: boolean) {
    this.#silent = silent;
  }

  /** @throws StatusFailure 400, or 410 for a page of a list from before the last compaction */
  list(parameters: URLSearchParams, namespace: string | undefined): unknown {
    const choice = { name: nameOf(parameters.get('fieldSelector')), namespace };
    const token = parameters.get('continue');
    const rest = token === null ? this.#chosen(choice) : this.#pages.get(token);
    if (rest === undefined)
      throw new StatusFailure(410, 'Expired', 'The provided continue parameter is too old');
    const { version, items } = rest;
    const limit = Number(parameters.get('limit') ?? 0) || items.length;
    const left = items.slice(limit);
    const next = left.length === 0 ? '' : `page-${this.#pages.size + 1}`;
    if (next !== '') this.#pages.set(next, { version, items: left });
    return {
      kind: `${this.#kind}List`,
      apiVersion: this.apiVersion,
      metadata: { resourceVersion: String(version), ...(next === '' ? {} : { continue: next }) },
      items: items.slice(0, limit).map((object) => this.#asSent(object)),
    };
  }

  #chosen(choice: Choice): Page {
    const items = [...this.#objects.values()].filter((object) => isChosen(object, choice));
    return { version: this.#version, items };
  }

  watch(parameters: URLSearchParams, response: ServerResponse, namespace: string | undefined): void {
    const since = parameters.get('resourceVersion');
    const watch: OpenWatch = {
      response,
      name: nameOf(parameters.get('fieldSelector')),
      namespace,
      bookmarks: parameters.get('allowWatchBookmarks') === 'true',
    };
    const expired = since !== null && Number(since) < this.#oldestVersion;
    if (expired && this.#expiry === 'status') {
      sendStatus(response, 410, 'Expired', `too old resource version: ${since}`);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (expired) {
      this.#send(watch, {
        type: 'ERROR',
        object: statusBody(410, 'Expired', `too old resource version: ${since}`),
      });
      response.end();
      return;
    }
    const missed: readonly Change[] =
      since === null
        ? [...this.#objects.values()].map((object) => ({ type: 'ADDED', object, version: 0 }))
        : this.#history.filter(({ version }) => version > Number(since));
    for (const { type, object } of missed) this.#sendChange(watch, type, object);
    this.#watches.add(watch);
    const seconds = Number(parameters.get('timeoutSeconds') ?? 1800);
    watch.timer = setTimeout(() => response.end(), seconds * 1000);
    response.on('close', () => {
      clearTimeout(watch.timer);
      this.#watches.delete(watch);
    });
  }

  #change(type: Change['type'], object: KubeObject): void {
    const version = ++this.#version;
    const key = keyOf(object);
    const stored: KubeObject = {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(version) },
    };
    if (type === 'DELETED') this.#objects.delete(key);
    else this.#objects.set(key, stored);
    this.#history.push({ type, object: stored, version });
    for (const watch of this.#watches) this.#sendChange(watch, type, stored);
  }

  #sendChange(watch: OpenWatch, type: string, object: KubeObject): void {
    if (isChosen(object, watch)) this.#send(watch, { type, object: this.#asSent(object) });
  }

  #asSent(object: KubeObject): KubeObject {
    return { apiVersion: this.apiVersion, kind: this.#kind, ...object };
  }

  #send(watch: OpenWatch, event: unknown): void {
    if (!this.#silent && !watch.response.writableEnded) watch.response.write(`${JSON.stringify(event)}\n`);
  }
}

const keyOf = ({ metadata: { namespace = '', name } }: KubeObject) => `${namespace}/${name}`;

const isChosen = ({ metadata }: KubeObject, { name, namespace }: Choice) =>
  (name === undefined || name === metadata.name) &&
  (namespace === undefined || namespace === metadata.namespace);

function nameOf(fieldSelector: string | null): string | undefined {
  if (fieldSelector === null) return undefined;
  const [, name] = /^metadata\.name=([^,=]+)$/.exec(fieldSelector) ?? [];
  if (name === undefined)
    throw new StatusFailure(400, 'BadRequest', `field label not supported: ${fieldSelector}`);
  return name;
}

/** GET of a collection: a list, or a watch with `watch=true`. */
export function serveCollection(
  collection: ScriptedCollection,
  parameters: URLSearchParams,
  response: ServerResponse,
  namespace?: string,
): void {
  if (parameters.get('watch') === 'true') collection.watch(parameters, response, namespace);
  else sendJson(response, 200, collection.list(parameters, namespace));
}
