import type { IncomingMessage } from 'node:http';
import { inClusterAccess, usualServiceAccountDir, type PodSurroundings } from './in-cluster-access.ts';
import type { KubeAccess } from './kube-access.ts';
import { KubeError, messageOf, statusError } from './kube-error.ts';
import { KubeTransport, type KubeRequest } from './kube-transport.ts';
import { watchEvents, type WatchEvent } from './watch-lines.ts';

export interface CallOptions {
  readonly signal: AbortSignal;
  /** From the start to the last byte of the reply. Default 10,000, as Go's delegated reviews have it. */
  readonly timeoutMs?: number;
}

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** The longest time without a byte once the watch stands. */
  readonly silenceMs: number;
  /** Until the watch stands. Default 10,000. */
  readonly timeoutMs?: number;
}

/**
 * JSON calls to the Kubernetes API server. Paths are absolute (`/api/v1/…`), with their query.
 * All of them throw KubeError, or the signal's reason.
 */
export interface KubeClient {
  get(path: string, options: CallOptions): Promise<unknown>;
  create(path: string, body: unknown, options: CallOptions): Promise<unknown>;
  /** JSON merge patch, RFC 7386. */
  patch(path: string, patch: unknown, options: CallOptions): Promise<unknown>;
  /** Resolves once the server has accepted the watch. */
  watch(path: string, options: WatchOptions): Promise<AsyncIterable<WatchEvent>>;
  /** Closes every connection. */
  close(): void;
}

export interface KubeClientOptions extends Partial<PodSurroundings> {
  /** Path of a kubeconfig file. Default: the service account of the pod. */
  readonly kubeconfig?: string;
}

/** An answer of the API server that is larger is none of ours. */
const maxReplyBytes = 64 * 1024 * 1024;
const defaultTimeoutMs = 10_000;

/**
 * A client by a kubeconfig file or, without one, as the pod's service account. Calls nobody yet.
 *
 * @throws AdapterError `ConfigInvalid` where neither works
 */
export async function loadKubeClient(options: KubeClientOptions): Promise<KubeClient> {
  const { kubeconfig, env = process.env, clock = Date } = options;
  const { serviceAccountDir = usualServiceAccountDir } = options;
  if (kubeconfig === undefined)
    return createKubeClient(await inClusterAccess({ env, serviceAccountDir, clock }));
  const { kubeconfigAccess } = await import('./kubeconfig-access.ts');
  return createKubeClient(await kubeconfigAccess(kubeconfig, clock));
}

function createKubeClient(access: KubeAccess): KubeClient {
  const transport = new KubeTransport(access);
  const call = async (request: Omit<KubeRequest, 'signal'>, { signal, timeoutMs }: CallOptions) =>
    await within(timeoutMs, request, signal, async (limited) => {
      const reply = await transport.send({ ...request, signal: limited });
      return await readJson(request, reply);
    });
  return {
    get: (path, options) => call({ method: 'GET', path }, options),
    create: (path, body, options) =>
      call(
        { method: 'POST', path, body: { contentType: 'application/json', text: JSON.stringify(body) } },
        options,
      ),
    patch: (path, patch, options) => {
      const body = { contentType: 'application/merge-patch+json', text: JSON.stringify(patch) };
      return call({ method: 'PATCH', path, body }, options);
    },
    watch: async (path, { signal, silenceMs, timeoutMs }) => {
      const request: Omit<KubeRequest, 'signal'> = { method: 'GET', path };
      // The time-out is over once the reply is there; from then on the silence counts.
      const reply = await within(timeoutMs, request, signal, async (limited) => {
        const answer = await transport.send({ ...request, signal: limited });
        if (answer.statusCode !== 200) await readJson(request, answer);
        return answer;
      });
      return networkErrors(watchEvents(reply, silenceMs), signal);
    },
    close: () => transport.close(),
  };
}

/** Runs work under the signal and a time-out, and leaves no timer. */
async function within<T>(
  timeoutMs = defaultTimeoutMs,
  { method, path }: Omit<KubeRequest, 'signal'>,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => {
    const [pathname] = path.split('?');
    limit.abort(new KubeError('timeout', `${method} ${pathname} had no answer within ${timeoutMs / 1000} s`));
  }, timeoutMs);
  try {
    return await work(AbortSignal.any([signal, limit.signal]));
  } catch (error) {
    signal.throwIfAborted();
    limit.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function readJson(
  { method, path }: Omit<KubeRequest, 'signal'>,
  reply: IncomingMessage,
): Promise<unknown> {
  const what = `${method} ${path.split('?')[0]}`;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of reply as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxReplyBytes) throw new KubeError('reply', `${what} answered over ${maxReplyBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof KubeError) throw cause;
    throw new KubeError('network', `${what}: the answer broke off (${messageOf(cause)})`, { cause });
  }
  const { statusCode = 0, headers } = reply;
  const text = Buffer.concat(chunks).toString();
  if (statusCode < 200 || statusCode > 299)
    throw statusError(what, parseJson(text), statusCode, headers['retry-after']);
  const parsed = parseJson(text);
  if (parsed === undefined) throw new KubeError('reply', `${what} answered ${statusCode} without JSON`);
  return parsed;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function* networkErrors(
  events: AsyncIterable<WatchEvent>,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, void, undefined> {
  try {
    yield* events;
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof KubeError) throw cause;
    throw new KubeError('network', `the watch broke off (${messageOf(cause)})`, { cause });
  }
}
