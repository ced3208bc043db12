import {
  HttpMethod,
  Observable,
  RequestContext,
  ResponseContext,
  VersionApi,
  type ApiConstructor,
  type ApiType,
  type ConfigurationOptions,
  type VersionInfo,
} from '@kubernetes/client-node';
import { fetch } from 'undici';
import { loadKubeConfig, type KeptConnectionsConfig, type KubeConfigOptions } from './kube-config.ts';
import { KubeError, statusError } from './kube-error.ts';
import { isRecord, jsonOf } from './kube-object.ts';
import { hasTooManyValues } from './large-json.ts';
import { isClosedConnection, kubeErrorOf } from './request-failure.ts';
import { watchEvents, type WatchEvent } from './watch-events.ts';

export interface CallOptions {
  readonly signal: AbortSignal;
  /** From the start to the last byte of the reply. Default: 10,000, as in Go's delegated reviews. */
  readonly timeoutMs?: number;
  /** Sent as it is. client-node's serialiser would drop a key `__proto__`, which a front proxy may send. */
  readonly body?: unknown;
}

interface WatchOptions extends CallOptions {
  /** The longest time without a byte. `timeoutMs` is for the start of the watch alone. */
  readonly silenceMs: number;
  /** Called when the server has accepted the watch. */
  readonly opened: () => void;
  /** Called with each event. The watch ends with what it throws. */
  readonly received: (event: WatchEvent) => void;
}

const defaultTimeoutMs = 10_000;

/** Requests to the API server through client-node, with time-outs, an abort signal and one class of error. */
export class KubeClient {
  readonly #config: KeptConnectionsConfig;

  constructor(config: KeptConnectionsConfig) {
    this.#config = config;
  }

  /** Returns an API of client-node. Its functions are to be called inside `call`. */
  api<T extends ApiType>(type: ApiConstructor<T>): T {
    return this.#config.makeApiClient(type);
  }

  /**
   * Sends one request, or two if the connection was closed before the reply: every request of ours may be repeated.
   *
   * @param send calls a function of client-node's API with these options
   * @returns the JSON as the server sent it. client-node's deserialiser is left out: it renames fields such as `continue`,
   *   and makes a list of characters of a string that stands where a list is expected
   * @throws KubeError; the signal's reason
   */
  async call<T>(
    send: (options: ConfigurationOptions) => Promise<T>,
    { signal, timeoutMs = defaultTimeoutMs, body }: CallOptions,
  ): Promise<T> {
    let what = 'the request';
    let text = '';
    using limit = new Limit(signal, timeoutMs, () => `${what} had no answer`);
    const pre = (context: RequestContext) => {
      what = `${context.getHttpMethod()} ${new URL(context.getUrl()).pathname}`;
      context.setSignal(limit.signal);
      if (body !== undefined) context.setBody(JSON.stringify(body));
      return new Observable(Promise.resolve(context));
    };
    const takeBody = async (reply: ResponseContext) => {
      if (reply.httpStatusCode > 299) return reply;
      text = await reply.body.text();
      const empty = { text: () => Promise.resolve('null'), binary: () => reply.body.binary() };
      return new ResponseContext(reply.httpStatusCode, reply.headers, empty as typeof reply.body);
    };
    const post = (reply: ResponseContext) => new Observable(takeBody(reply));
    const attempt = () => Promise.race([send({ middleware: [{ pre, post }] }), limit.reached]);
    try {
      await attempt().catch((thrown: unknown) => {
        if (limit.signal.aborted || !isClosedConnection(thrown)) throw thrown;
        return attempt();
      });
      if (hasTooManyValues(text)) throw new KubeError('size', `${what} answered too many values`);
      const reply: unknown = JSON.parse(text);
      if (!isRecord(reply)) throw new KubeError('reply', `${what} answered no JSON object`);
      return reply as T;
    } catch (thrown) {
      throw this.#failure(what, thrown, limit.signal);
    }
  }

  /**
   * Watches a collection. Resolves when the server has ended the watch.
   *
   * client-node's own `Watch` loses events and the Status of a refusal (docs/decisions/kube-client.md).
   *
   * @param path such as `/api/v1/namespaces/{namespace}/configmaps`
   * @throws KubeError; the signal's reason; what `received` throws
   */
  async watch(
    path: string,
    query: Readonly<Record<string, string>>,
    { signal, silenceMs, timeoutMs = defaultTimeoutMs, opened, received }: WatchOptions,
  ): Promise<void> {
    using limit = new Limit(signal, timeoutMs, () => `GET ${path} had no answer`);
    const what = `the watch of ${path}`;
    try {
      const chunks = await Promise.race([this.#openWatch(path, query, limit.signal), limit.reached]);
      limit.restart(silenceMs, () => 'the watch was silent');
      opened();
      for await (const event of watchEvents(chunks, () => limit.restart(silenceMs))) received(event);
    } catch (thrown) {
      throw this.#failure(what, thrown, limit.signal);
    }
  }

  /** Closes every connection. */
  close(): void {
    this.#config.close();
  }

  async #openWatch(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const server = this.#config.getCurrentCluster()?.server ?? '';
    const search = new URLSearchParams({ watch: 'true', ...query });
    const context = new RequestContext(`${server}${path}?${search.toString()}`, HttpMethod.GET);
    await this.#config.applySecurityAuthentication(context);
    const dispatcher = context.getDispatcher();
    const init = {
      headers: context.getHeaders(),
      signal,
      ...(dispatcher === undefined ? {} : { dispatcher }),
    };
    const reply = await fetch(context.getUrl(), init);
    if (reply.status === 200 && reply.body !== null) return reply.body;
    throw statusError(`GET ${path}`, jsonOf(await reply.text()), reply.status);
  }

  /** Returns the reason of the signal, else what was thrown as a KubeError. */
  #failure(what: string, thrown: unknown, limit: AbortSignal): unknown {
    if (limit.aborted) return limit.reason;
    const error = kubeErrorOf(what, thrown, this.#config.getCurrentCluster()?.server ?? '');
    if (error.statusCode === 401) this.#config.forgetCredentials();
    return error;
  }
}

/** Returns a client by a kubeconfig, else as the service account of the pod. @throws AdapterError `ConfigInvalid` */
export const loadKubeClient = async (options: KubeConfigOptions): Promise<KubeClient> =>
  new KubeClient(await loadKubeConfig(options));

/** Returns the version of the API server, whose `gitVersion` is such as `v1.32.1`. @throws KubeError; the signal's reason */
export function serverVersion(client: KubeClient, options: CallOptions): Promise<Partial<VersionInfo>> {
  const api = client.api(VersionApi);
  return client.call((request) => api.getCode({}, request), options);
}

/** Ends a request at its time-out or by the caller's signal. Leaves no timer and no listener. */
class Limit implements Disposable {
  /** Rejects at the limit. */
  readonly reached: Promise<never>;
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal;
  #what: () => string;
  #timer: NodeJS.Timeout | undefined;
  readonly #leave = () => this.#controller.abort(this.#caller.reason);

  constructor(caller: AbortSignal, timeoutMs: number, what: () => string) {
    const reached = Promise.withResolvers<never>();
    reached.promise.catch(() => undefined);
    this.reached = reached.promise;
    this.signal.addEventListener('abort', () => reached.reject(this.signal.reason));
    this.#caller = caller;
    caller.addEventListener('abort', this.#leave);
    if (caller.aborted) this.#leave();
    this.#what = what;
    this.restart(timeoutMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @param what had no answer; default: the same as before */
  restart(timeoutMs: number, what = this.#what): void {
    this.#what = what;
    clearTimeout(this.#timer);
    const reach = () =>
      this.#controller.abort(new KubeError('timeout', `${what()} for ${timeoutMs / 1000} s`));
    this.#timer = setTimeout(reach, timeoutMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#caller.removeEventListener('abort', this.#leave);
  }
}
