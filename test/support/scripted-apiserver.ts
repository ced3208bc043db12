import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { TLSSocket, type PeerCertificate } from 'node:tls';
import { createCa } from './certificates.ts';
import { sendJson, sendStatus, StatusFailure } from './kube-status.ts';
import { ScriptedApiServices } from './scripted-apiservices.ts';
import { ScriptedAutoscalers } from './scripted-autoscalers.ts';
import { ScriptedCollection, serveCollection } from './scripted-collection.ts';
import { endpointOf, type Endpoint } from './scripted-endpoints.ts';
import {
  answerAccessReview,
  answerSelfAccessReview,
  answerTokenReview,
  type AccessAnswer,
  type AskedAccess,
  type ScriptedUser,
} from './scripted-reviews.ts';
import { kubeconfigText } from './scripted-kubeconfig.ts';
import { listenOn } from './ports.ts';

/**
 * `hang`: never answers; `stall`: begins to answer; `cut`: breaks the connection; `garbage`: 200 with a body that is not
 * JSON; `endless`: a body without an end; `packed`: gzip.
 */
export type Failure =
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly reason?: string;
      readonly message?: string;
      readonly retryAfterSeconds?: number;
    }
  | { readonly kind: 'hang' | 'stall' | 'cut' | 'garbage' | 'endless' | 'packed' };

export interface SeenRequest {
  readonly endpoint: Endpoint;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  /** Common name of the client certificate, of any issuer. */
  readonly clientName: string | undefined;
}

const configMapName = 'extension-apiserver-authentication';

/**
 * A kube-apiserver for tests, over real TLS: the ConfigMaps of kube-system, HorizontalPodAutoscalers, TokenReview,
 * SubjectAccessReview, SelfSubjectAccessReview, APIServices, and Deployments. It refuses what the real one refuses, and unknown fields.
 */
export class ScriptedApiServer implements AsyncDisposable {
  readonly configMaps = new ScriptedCollection('v1', 'ConfigMap');
  readonly hpas = new ScriptedAutoscalers();
  /** Body of `/version`. */
  version: object = { major: '1', minor: '32', gitVersion: 'v1.32.1-aliyun.1', compiler: 'gc' };
  readonly apiServices = new ScriptedApiServices();
  readonly deployments = new ScriptedCollection('apps/v1', 'Deployment');
  /** The users that TokenReview finds, by token. */
  readonly tokens = new Map<string, ScriptedUser>();
  /** The user of the accepted bearer tokens, for SelfSubjectAccessReview. */
  readonly self: ScriptedUser = { username: 'system:serviceaccount:metrics:adapter' };
  /** Answers SubjectAccessReview and SelfSubjectAccessReview. Default: nothing is allowed. */
  decide: (asked: AskedAccess) => AccessAnswer = () => false;
  /** Added to the answers of an endpoint. */
  readonly latencyMs = new Map<Endpoint, number>();
  /** All requests with an accepted bearer token, oldest first. */
  readonly requests: SeenRequest[] = [];
  /** Accepted bearer tokens. */
  readonly bearers = new Set(['adapter-token']);
  /** The CA of the server's certificate, PEM. */
  readonly caPem: string;
  /** Connections accepted since the start. */
  connectionsAccepted = 0;

  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #failures = new Map<Endpoint, { failure: Failure; left: number }>();
  readonly #directories: string[] = [];
  #port = 0;

  constructor(caPem: string, pair: { readonly certificate: string; readonly key: string }) {
    this.caPem = caPem;
    const tls = { cert: pair.certificate, key: pair.key, requestCert: true, rejectUnauthorized: false };
    this.#server = createServer(tls, (request, response) => {
      void this.#serve(request, response);
    });
    this.#server.on('connection', (socket: Socket) => {
      this.connectionsAccepted++;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  count(endpoint: Endpoint): number {
    return this.requests.filter((request) => request.endpoint === endpoint).length;
  }

  /** Fails the next `times` requests to the endpoint. Default: all until `recover`. */
  fail(endpoint: Endpoint, failure: Failure, times = Infinity): void {
    this.#failures.set(endpoint, { failure, left: times });
  }

  recover(endpoint: Endpoint): void {
    this.#failures.delete(endpoint);
  }

  /** Writes ConfigMap kube-system/extension-apiserver-authentication. `undefined` deletes it. */
  setAuthentication(data: Readonly<Record<string, string>> | undefined): void {
    if (data === undefined) this.configMaps.delete(configMapName);
    else this.configMaps.put({ metadata: { name: configMapName, namespace: 'kube-system' }, data });
  }

  /** Accepts connections on the same port as before. */
  async comeUp(): Promise<void> {
    this.#port = await listenOn(this.#server, this.#port);
  }

  /** Refuses new connections and cuts open ones. */
  async goDown(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Returns the path of a kubeconfig file with that bearer token. The file is removed at the end. */
  async kubeconfigFile(token = 'adapter-token'): Promise<string> {
    const file = join(await this.#directory(), 'kubeconfig');
    await writeFile(file, kubeconfigText(this.url, this.caPem, token));
    return file;
  }

  /** Returns what a pod has: the files of its service account, and its environment. */
  async podEnvironment(): Promise<{ serviceAccountDir: string; env: Record<string, string> }> {
    const serviceAccountDir = await this.#directory();
    await writeFile(join(serviceAccountDir, 'token'), 'adapter-token');
    await writeFile(join(serviceAccountDir, 'ca.crt'), this.caPem);
    const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(this.#port) };
    return { serviceAccountDir, env };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.goDown();
    for (const directory of this.#directories) await rm(directory, { recursive: true });
  }

  async #directory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'apiserver-'));
    this.#directories.push(directory);
    return directory;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const { pathname, searchParams } = new URL(url, this.url);
    const [, bearer = ''] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      if (!this.bearers.has(bearer)) throw new StatusFailure(401, 'Unauthorized', 'Unauthorized');
      const body = bodyOf(method, headers, Buffer.concat(chunks).toString());
      const endpoint = endpointOf(method, pathname, searchParams);
      this.requests.push({ endpoint, method, url, headers, body, clientName: clientNameOf(request) });
      const latencyMs = this.latencyMs.get(endpoint);
      if (latencyMs !== undefined) await sleep(latencyMs);
      if (!this.#failed(endpoint, response)) this.#answer(endpoint, pathname, searchParams, body, response);
    } catch (error) {
      if (response.destroyed) return;
      if (error instanceof StatusFailure) sendStatus(response, error.code, error.reason, error.message);
      else sendStatus(response, 500, 'InternalError', String(error));
    }
  }

  #answer(
    endpoint: Endpoint,
    pathname: string,
    parameters: URLSearchParams,
    body: unknown,
    response: ServerResponse,
  ): void {
    const name = pathname.split('/').at(-1) ?? '';
    switch (endpoint) {
      case 'configmap.get': {
        sendJson(response, 200, existing(this.configMaps.get(name), `configmaps "${name}"`));
        return;
      }
      case 'configmap.list':
      case 'configmap.watch': {
        serveCollection(this.configMaps, parameters, response);
        return;
      }
      case 'autoscaling.get':
      case 'hpa.list':
      case 'hpa.watch': {
        this.hpas.answer(pathname, parameters, response);
        return;
      }
      case 'deployment.get': {
        sendJson(
          response,
          200,
          existing(this.deployments.get(name, pathname.split('/').at(-3)), `deployments.apps "${name}"`),
        );
        return;
      }
      case 'tokenreview': {
        sendJson(response, 201, answerTokenReview(body, this.tokens));
        return;
      }
      case 'subjectaccessreview': {
        sendJson(response, 201, answerAccessReview(body, this.decide));
        return;
      }
      case 'selfsubjectaccessreview': {
        sendJson(response, 201, answerSelfAccessReview(body, this.self, this.decide));
        return;
      }
      case 'version.get': {
        sendJson(response, 200, this.version);
        return;
      }
      case 'apiservice.get': {
        sendJson(response, 200, this.apiServices.get(name));
        return;
      }
      case 'apiservice.patch': {
        sendJson(response, 200, this.apiServices.patch(name, body));
        return;
      }
      case 'unknown':
        throw new StatusFailure(404, 'NotFound', 'the server could not find the requested resource');
    }
  }

  #failed(endpoint: Endpoint, response: ServerResponse): boolean {
    const planned = this.#failures.get(endpoint);
    if (planned === undefined) return false;
    if (--planned.left <= 0) this.#failures.delete(endpoint);
    const { failure } = planned;
    if (failure.kind === 'status') {
      const { code, reason = 'Scripted', message = `scripted ${code}`, retryAfterSeconds } = failure;
      const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
      sendStatus(response, code, reason, message, headers);
    } else if (failure.kind === 'cut') response.socket?.destroy();
    else if (failure.kind === 'stall') response.writeHead(200).write('{"kind":');
    else if (failure.kind === 'garbage') response.end('{"kind":');
    else if (failure.kind === 'endless') Readable.from(spaces()).pipe(response);
    else if (failure.kind === 'packed')
      response.setHeader('content-encoding', 'gzip').end(gzipSync('{"kind":"List"}'));
    return true;
  }
}

function existing<T>(object: T | undefined, name: string): T {
  if (object === undefined) throw new StatusFailure(404, 'NotFound', `${name} not found`);
  return object;
}

function* spaces(): Generator<string> {
  for (;;) yield ' '.repeat(1024 * 1024);
}

function clientNameOf({ socket }: IncomingMessage): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { subject } = socket.getPeerCertificate() as Partial<PeerCertificate>;
  return typeof subject?.CN === 'string' ? subject.CN : undefined;
}

function bodyOf(method: string, headers: IncomingMessage['headers'], text: string): unknown {
  if (method === 'GET') return undefined;
  const expected = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  if (headers['content-type'] !== expected)
    throw new StatusFailure(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${expected}`,
    );
  try {
    return JSON.parse(text);
  } catch {
    throw new StatusFailure(400, 'BadRequest', 'the object provided is unrecognized');
  }
}

/** Returns a server that listens on a free port of loopback, with its own CA. */
export async function startScriptedApiServer(): Promise<ScriptedApiServer> {
  const ca = await createCa('kubernetes');
  const pair = await ca.issue({
    cn: 'kube-apiserver',
    eku: 'server',
    sans: ['localhost', '127.0.0.1', 'kubernetes.default.svc'],
  });
  const server = new ScriptedApiServer(ca.certificate, pair);
  await server.comeUp();
  return server;
}
