import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { get } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startCli, type CliProcess } from '../support/cli-process.ts';
import { adapterManifests } from '../support/manifests.ts';
import { Hopeless } from './control-plane.ts';

/** Settings that differ on this machine from the Deployment in deploy/. */
interface AdapterSettings {
  /** The container's command line. */
  readonly args: readonly string[];
  readonly bindAddress: string;
  readonly port: number;
  readonly serviceNamespace: string;
  readonly kubeconfig: string;
  readonly slsEndpoint: string;
  readonly delaySeconds: number;
  /** Holds the certificate, and is the HOME of the process. */
  readonly directory: string;
  readonly accessKey: { readonly id: string; readonly secret: string };
}

/** Runs `src/main.ts serve` in its own process, with the command line of deploy/. */
export class AdapterProcess implements AsyncDisposable {
  readonly #process: CliProcess;
  readonly #settings: AdapterSettings;
  #exitCode: number | null | undefined;

  constructor(settings: AdapterSettings) {
    this.#settings = settings;
    const { args, accessKey, directory } = settings;
    const changed: Readonly<Record<string, string>> = {
      config: join(adapterManifests, 'config.yaml'),
      'bind-address': settings.bindAddress,
      'secure-port': String(settings.port),
      'cert-dir': directory,
      'service-namespace': settings.serviceNamespace,
    };
    const own = args.map((arg) => {
      const [, flag = ''] = /^--([a-z-]+)=/.exec(arg) ?? [];
      const value = changed[flag];
      return value === undefined ? arg : `--${flag}=${value}`;
    });
    const { kubeconfig, slsEndpoint, delaySeconds } = settings;
    const more = [`--kubeconfig=${kubeconfig}`, `--sls-endpoint=${slsEndpoint}`, `--delay=${delaySeconds}`];
    this.#process = startCli([...own, ...more], directory, {
      ALIBABA_CLOUD_ACCESS_KEY_ID: accessKey.id,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKey.secret,
    });
    void this.#process.exit.then((code) => (this.#exitCode = code));
  }

  /** @throws Hopeless with the whole log, if the process has ended */
  throwIfEnded(): void {
    if (this.#exitCode !== undefined)
      throw new Hopeless(`the adapter has exited (${this.#exitCode}): ${this.log}`);
  }

  /** Everything that it has logged. */
  get log(): string {
    return this.#process.stderr();
  }

  certificate(): Promise<string> {
    return readFile(join(this.#settings.directory, 'tls.crt'), 'utf8');
  }

  /** Sends a request straight to the adapter, without the API server. */
  async ask(
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ code: number; body: string }> {
    const { port } = this.#settings;
    const ca = await this.certificate();
    const request = get({
      host: '127.0.0.1',
      servername: 'localhost',
      port,
      path,
      headers,
      ca,
      agent: false,
    });
    const [reply] = (await once(request, 'response')) as [IncomingMessage];
    return { code: reply.statusCode ?? 0, body: await text(reply) };
  }

  /** Stops it as a kubelet does. @returns the exit code */
  async stop(): Promise<number | null> {
    this.#process.kill('SIGTERM');
    return this.#process.exit;
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}

/** Returns a port that was free a moment ago. The APIService must name it before the adapter starts. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
