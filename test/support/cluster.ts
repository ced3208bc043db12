import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http2 from 'node:http2';
import https from 'node:https';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import type { OwnService } from '../../src/kube/api-service.ts';
import {
  accessKey,
  logstore,
  project,
  readPath,
  selectorOf,
  startAdapter,
  type TestAdapter,
} from './adapter.ts';
import { createCa, type Ca, type PemPair } from './certificates.ts';
import { startScriptedApiServer, type ScriptedApiServer } from './scripted-apiserver.ts';

export interface ClusterRequest {
  readonly path?: string;
  readonly method?: string;
  /** Client certificate. */
  readonly pair?: PemPair | undefined;
  /** An array is sent as repeated headers. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly protocol?: 'h1' | 'h2';
  /** CAs to trust, in PEM. Default: those of the cluster. HTTP/1.1 only, as is `servername`. */
  readonly trust?: string;
  readonly servername?: string;
}

export interface ClusterReply {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A read in namespace default that succeeds. */
export const goodRead = readPath(
  'sls_ingress_qps',
  selectorOf({ 'sls.project': project, 'sls.logstore': logstore }),
);

/** The data that kube-apiserver writes into kube-system/extension-apiserver-authentication. */
export const authenticationData = (clientCaPem: string, proxyCaPem: string): Record<string, string> => ({
  'client-ca-file': clientCaPem,
  'requestheader-client-ca-file': proxyCaPem,
  'requestheader-allowed-names': '["front-proxy-client"]',
  'requestheader-username-headers': '["X-Remote-User"]',
  'requestheader-group-headers': '["X-Remote-Group"]',
  'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
  'requestheader-uid-headers': '["X-Remote-Uid"]',
});

/** A scripted kube-apiserver, a local SLS, and an adapter that uses both. */
export class TestCluster implements AsyncDisposable {
  readonly apiServer: ScriptedApiServer;
  readonly emulator: Emulator;
  readonly adapter: TestAdapter;
  readonly clientCa: Ca;
  readonly proxyCa: Ca;
  readonly #ca: string;

  constructor(
    parts: Pick<TestCluster, 'apiServer' | 'emulator' | 'adapter' | 'clientCa' | 'proxyCa'>,
    ca: string,
  ) {
    this.apiServer = parts.apiServer;
    this.emulator = parts.emulator;
    this.adapter = parts.adapter;
    this.clientCa = parts.clientCa;
    this.proxyCa = parts.proxyCa;
    this.#ca = ca;
  }

  /** Sends one request on a new connection. */
  async request(request: ClusterRequest = {}): Promise<ClusterReply> {
    return request.protocol === 'h2' ? this.#overHttp2(request) : this.#overHttp1(request);
  }

  async #overHttp1(request: ClusterRequest): Promise<ClusterReply> {
    const { path = goodRead, method = 'GET', pair, headers = {}, trust = this.#ca, servername } = request;
    const agent = new https.Agent({
      ca: trust,
      ...(pair && { cert: pair.certificate, key: pair.key }),
      ...(servername !== undefined && { servername }),
    });
    const reply = await this.adapter.request(path, { agent, method, headers: { ...headers } });
    agent.destroy();
    return reply;
  }

  async #overHttp2({
    path = goodRead,
    method = 'GET',
    pair,
    headers = {},
  }: ClusterRequest): Promise<ClusterReply> {
    const session = http2.connect(this.adapter.url, {
      ca: this.#ca,
      ...(pair && { cert: pair.certificate, key: pair.key }),
    });
    try {
      const stream = session.request({ ':path': path, ':method': method, ...headers });
      const [replyHeaders] = (await once(stream, 'response')) as [
        http2.IncomingHttpHeaders & { ':status': number },
      ];
      let text = '';
      stream.setEncoding('utf8');
      for await (const chunk of stream as AsyncIterable<string>) text += chunk;
      return { statusCode: replyHeaders[':status'], headers: replyHeaders, text };
    } finally {
      session.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.adapter[Symbol.asyncDispose]();
    await this.emulator.stop();
    await this.apiServer[Symbol.asyncDispose]();
  }
}

export interface ClusterOptions {
  /** Command-line options of the adapter, by key. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Text of the configuration file. */
  readonly file?: string;
  /** CAs to trust for the adapter, in PEM. Default: its own certificate. */
  readonly trustPem?: string;
  /** The existing APIService: its Service, and its caBundle (base64 of PEM). */
  readonly apiService?: { readonly service: OwnService; readonly caBundle?: string };
  /** The API server is down when the adapter starts. */
  readonly down?: boolean;
  /** Clock of the adapter and of SLS. */
  readonly clock?: { now(): number };
}

export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const { flags = {}, file, down = false, clock } = options;
  const [clientCa, proxyCa, apiServer] = await Promise.all([
    createCa('clients'),
    createCa('front-proxy'),
    startScriptedApiServer(),
  ]);
  apiServer.setAuthentication(authenticationData(clientCa.certificate, proxyCa.certificate));
  if (options.apiService !== undefined) {
    const { service, caBundle } = options.apiService;
    apiServer.apiServices.putExternalMetrics(service, caBundle === undefined ? {} : { caBundle });
  }
  const kubeconfig = await apiServer.kubeconfigFile();
  if (down) await apiServer.goDown();
  const clocks = clock === undefined ? {} : { clock };
  const emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey, ...clocks });
  const adapter = await startAdapter(
    {
      authentication: 'delegated',
      bindAddress: '127.0.0.1',
      kubeconfig,
      slsEndpoint: emulator.url,
      ...flags,
    },
    clocks,
    file,
  );
  const ca = options.trustPem ?? (await readFile(adapter.certificateFile, 'utf8'));
  return new TestCluster({ apiServer, emulator, adapter, clientCa, proxyCa }, ca);
}

/** Returns whether the adapter is ready. */
export async function ready(cluster: TestCluster): Promise<boolean> {
  return (await cluster.request({ path: '/readyz' })).statusCode === 200;
}
