import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { accessKey } from '../../test/support/adapter.ts';
import { createCa, type PemPair } from '../../test/support/certificates.ts';
import { authenticationData } from '../../test/support/cluster.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../test/support/scripted-apiserver.ts';
import { podFlags, startServerProcess } from './server-process.ts';

/** The adapter as in a cluster, in a process of its own; its API server is in this one. */
export interface DelegatedAdapter extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly apiServer: ScriptedApiServer;
  /** The front proxy's. */
  readonly pair: PemPair;
  readonly servingPair: PemPair;
  /** Removed at the end. */
  readonly directory: string;
}

/** kube-apiserver tells a watch of nothing new about once a minute; one that is told nothing at all starts again. */
const bookmarkMs = 60_000;

/** Compiled, as in the image. */
const main = resolve(import.meta.dirname, '../../dist/main.js');

export interface DelegatedAdapterOptions {
  readonly slsUrl: string;
  /** Its configuration file; YAML or JSON. Default: all settings as they come. */
  readonly config?: string;
  /** Gets each line of its log once it serves. */
  readonly onLog?: (line: string) => void;
  /** Fills the API server before the adapter starts. */
  readonly prepare?: (apiServer: ScriptedApiServer) => void;
}

export async function startDelegatedAdapter(options: DelegatedAdapterOptions): Promise<DelegatedAdapter> {
  const { slsUrl, config = '{}', onLog, prepare } = options;
  await using resources = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  resources.defer(() => rm(directory, { recursive: true }));
  const [clientCa, proxyCa] = await Promise.all([createCa('clients'), createCa('front-proxy')]);
  const apiServer = resources.use(await startScriptedApiServer());
  apiServer.setAuthentication(authenticationData(clientCa.certificate, proxyCa.certificate));
  apiServer.decide = () => true;
  prepare?.(apiServer);
  const bookmarks = setInterval(() => {
    apiServer.configMaps.sendBookmark();
    apiServer.hpas.sendBookmark();
  }, bookmarkMs);
  resources.defer(() => clearInterval(bookmarks));
  const configFile = join(directory, 'config.yaml');
  await writeFile(configFile, config);
  const pod = await apiServer.podEnvironment();
  const flags = {
    config: configFile,
    'bind-address': '127.0.0.1',
    'secure-port': '0',
    'cert-dir': directory,
    'shutdown-delay-duration': '0s',
    'sls-endpoint': slsUrl,
    'service-account-dir': pod.serviceAccountDir,
  };
  const { url, pid } = resources.use(
    await startServerProcess({
      script: main,
      args: ['serve', ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)],
      home: directory,
      nodeFlags: podFlags(),
      env: {
        ...pod.env,
        ALIBABA_CLOUD_ACCESS_KEY_ID: accessKey.id,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKey.secret,
      },
      ...(onLog && { onLine: onLog }),
    }),
  );
  const pair = await proxyCa.issue({ cn: 'front-proxy-client' });
  const [certificate, key] = await Promise.all(
    ['tls.crt', 'tls.key'].map((name) => readFile(join(directory, name), 'utf8')),
  );
  const owned = resources.move();
  return {
    url,
    pid,
    apiServer,
    pair,
    servingPair: { certificate: certificate ?? '', key: key ?? '' },
    directory,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
