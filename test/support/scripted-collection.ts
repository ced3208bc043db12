import type { ServerResponse } from 'node:http';
import { sendJson, sendStatus, StatusFailure, statusBody } from './kube-status.ts';

/** The metadata that every Kubernetes object has, and any other fields. */
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

/** Selects objects of the collection. */
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

/** How a watch from before the last compaction is refused. The real server does both. */
type Expiry = 'status' | 'event';

/** Objects of one kind, with list and watch like kube-apiserver. */
export class ScriptedCollection {
  /** The apiVersion of the objects that are sent. */
  apiVersion: string;
  readonly #kind: string;
  /** By `{namespace}/{name}`. */
  readonly #objects = new Map<string, KubeObject>();
  /** The remaining objects of lists that are read page by page, by the token of the next page. */
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

  /** Returns the first object of that name, in the namespace or in any. */
  get(name: string, namespace?: string): KubeObject | undefined {
    if (namespace !== undefined) return this.#objects.get(`${namespace}/${name}`);
    return [...this.#objects.values()].find((object) => object.metadata.name === name);
  }

  /** Creates or replaces the object, and sends an event to the watches. */
  put(object: KubeObject): void {
    const type = this.#objects.has(keyOf(object)) ? 'MODIFIED' : 'ADDED';
    this.#change(type, object);
  }

  delete(name: string, namespace?: string): void {
    const object = this.get(name, namespace);
    if (object !== undefined) this.#change('DELETED', object);
  }

  /** Sends a bookmark with a new resourceVersion to every watch that allows bookmarks. */
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
   * Forgets the history: a watch from an older version and the next page of a list get 410. As an event, open watches get
   * it too.
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

  /** Sends an ERROR event to every open watch, which stays open. */
  sendError(code: number, reason: string, message: string): void {
    for (const watch of this.#watches)
      this.#send(watch, { type: 'ERROR', object: statusBody(code, reason, message) });
  }

  /** Sends raw text to every open watch. */
  sendRaw(text: string | Buffer): void {
    for (const { response } of this.#watches) response.write(text);
  }

  /** Ends every watch like the server at its time-out. */
  closeWatches(): void {
    for (const { response } of this.#watches) response.end();
  }

  /** Breaks the connection of every watch. */
  cutWatches(): void {
    for (const { response } of this.#watches) response.socket?.destroy();
  }

  /** Sends no more events to any watch, like a proxy that forgot the connection. */
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

/** Answers a GET of a collection: a list, or a watch with `watch=true`. */
export function serveCollection(
  collection: ScriptedCollection,
  parameters: URLSearchParams,
  response: ServerResponse,
  namespace?: string,
): void {
  if (parameters.get('watch') === 'true') collection.watch(parameters, response, namespace);
  else sendJson(response, 200, collection.list(parameters, namespace));
}
