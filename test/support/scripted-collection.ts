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

interface OpenWatch {
  readonly response: ServerResponse;
  readonly name: string | undefined;
  readonly bookmarks: boolean;
  timer?: NodeJS.Timeout;
}

/** How a watch from before the last compaction is refused; the real one does either. */
export type Expiry = 'status' | 'event';

/** Objects of one kind in one place, with list and watch as kube-apiserver has them. */
export class ScriptedCollection {
  readonly #apiVersion: string;
  readonly #kind: string;
  readonly #objects = new Map<string, KubeObject>();
  readonly #watches = new Set<OpenWatch>();
  #history: Change[] = [];
  #version = 100;
  #oldestVersion = 100;
  #expiry: Expiry = 'event';
  #silent = false;

  constructor(apiVersion: string, kind: string) {
    this.#apiVersion = apiVersion;
    this.#kind = kind;
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  get(name: string): KubeObject | undefined {
    return this.#objects.get(name);
  }

  /** Creates or replaces; watchers hear of it. */
  put(object: KubeObject): void {
    const type = this.#objects.has(object.metadata.name) ? 'MODIFIED' : 'ADDED';
    this.#change(type, object);
  }

  delete(name: string): void {
    const object = this.#objects.get(name);
    if (object !== undefined) this.#change('DELETED', object);
  }

  /** Tells the current resource version to every watcher that allows it. Moves on, as other objects change. */
  sendBookmark(): void {
    this.#version++;
    const object = {
      apiVersion: this.#apiVersion,
      kind: this.#kind,
      metadata: { resourceVersion: String(this.#version), creationTimestamp: null },
    };
    for (const watch of this.#watches) if (watch.bookmarks) this.#send(watch, { type: 'BOOKMARK', object });
  }

  /** Forgets the history: a watch from an older version gets 410, and so do the open ones when it is an event. */
  expire(as: Expiry): void {
    this.#version++;
    this.#oldestVersion = this.#version;
    this.#history = [];
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

  list(fieldSelector: string | null): unknown {
    const name = nameOf(fieldSelector);
    const items = [...this.#objects.values()].filter(
      (object) => name === undefined || object.metadata.name === name,
    );
    return {
      kind: `${this.#kind}List`,
      apiVersion: this.#apiVersion,
      metadata: { resourceVersion: String(this.#version) },
      items,
    };
  }

  watch(parameters: URLSearchParams, response: ServerResponse): void {
    const since = parameters.get('resourceVersion');
    const watch: OpenWatch = {
      response,
      name: nameOf(parameters.get('fieldSelector')),
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
    const { name } = object.metadata;
    const stored: KubeObject = {
      apiVersion: this.#apiVersion,
      kind: this.#kind,
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(version) },
    };
    if (type === 'DELETED') this.#objects.delete(name);
    else this.#objects.set(name, stored);
    this.#history.push({ type, object: stored, version });
    for (const watch of this.#watches) this.#sendChange(watch, type, stored);
  }

  #sendChange(watch: OpenWatch, type: string, object: KubeObject): void {
    if (watch.name === undefined || watch.name === object.metadata.name) this.#send(watch, { type, object });
  }

  #send(watch: OpenWatch, event: unknown): void {
    if (!this.#silent && !watch.response.writableEnded) watch.response.write(`${JSON.stringify(event)}\n`);
  }
}

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
): void {
  if (parameters.get('watch') === 'true') collection.watch(parameters, response);
  else sendJson(response, 200, collection.list(parameters.get('fieldSelector')));
}
