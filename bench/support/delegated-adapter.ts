import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { accessKey, logstore, project } from '../../test/support/adapter.ts';
import { createCa, type PemPair } from '../../test/support/certificates.ts';
import { authenticationData } from '../../test/support/cluster.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../test/support/scripted-apiserver.ts';
import { startServerProcess } from './server-process.ts';

/** The adapter as in a cluster, in a process of its own; API server and SLS in this one. */
export interface DelegatedAdapter extends AsyncDisposable {
  readonly url: string;
  readonly apiServer: ScriptedApiServer;
  readonly emulator: Emulator;
  /** The front proxy's. */
  readonly pair: PemPair;
  readonly servingPair: PemPair;
  /** Removed at the end. */
  readonly directory: string;
}

const main = resolve(import.meta.dirname, '../../src/main.ts');

/** @param config its configuration file; YAML or JSON */
export async function startDelegatedAdapter(config: string): Promise<DelegatedAdapter> {
  await using resources = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  resources.defer(() => rm(directory, { recursive: true }));
  const [clientCa, proxyCa] = await Promise.all([createCa('clients'), createCa('front-proxy')]);
  const apiServer = resources.use(await startScriptedApiServer());
  apiServer.setAuthentication(authenticationData(clientCa.certificate, proxyCa.certificate));
  apiServer.decide = () => true;
  const logstores = [{ project, logstore }];
  const emulator = await startEmulator({ listenHost: '127.0.0.1', listenPort: 0, logstores, accessKey });
  resources.use(emulator);
  const configFile = join(directory, 'config.yaml');
  await writeFile(configFile, config);
  const options = {
    config: configFile,
    'bind-address': '127.0.0.1',
    'secure-port': '0',
    'cert-dir': directory,
    'shutdown-delay-duration': '0s',
    'sls-endpoint': emulator.url,
    kubeconfig: await apiServer.kubeconfigFile(),
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const { url } = resources.use(
    await startServerProcess(main, ['serve', ...args], directory, {
      ALIBABA_CLOUD_ACCESS_KEY_ID: accessKey.id,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKey.secret,
    }),
  );
  const pair = await proxyCa.issue({ cn: 'front-proxy-client' });
  const [certificate, key] = await Promise.all(
    ['tls.crt', 'tls.key'].map((name) => readFile(join(directory, name), 'utf8')),
  );
  const owned = resources.move();
  return {
    url,
    apiServer,
    emulator,
    pair,
    servingPair: { certificate: certificate ?? '', key: key ?? '' },
    directory,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
