import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { accessKey } from '../../test/support/adapter.ts';
import { createCa, type PemPair } from '../../test/support/certificates.ts';
import { authenticationData } from '../../test/support/cluster.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../test/support/scripted-apiserver.ts';
import { startServerProcess } from './server-process.ts';

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

const main = resolve(import.meta.dirname, '../../src/main.ts');

/**
 * @param config its configuration file; YAML or JSON
 * @param onLog gets each line of its log once it serves
 */
export async function startDelegatedAdapter(
  slsUrl: string,
  config: string,
  onLog?: (line: string) => void,
): Promise<DelegatedAdapter> {
  await using resources = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  resources.defer(() => rm(directory, { recursive: true }));
  const [clientCa, proxyCa] = await Promise.all([createCa('clients'), createCa('front-proxy')]);
  const apiServer = resources.use(await startScriptedApiServer());
  apiServer.setAuthentication(authenticationData(clientCa.certificate, proxyCa.certificate));
  apiServer.decide = () => true;
  const configFile = join(directory, 'config.yaml');
  await writeFile(configFile, config);
  const options = {
    config: configFile,
    'bind-address': '127.0.0.1',
    'secure-port': '0',
    'cert-dir': directory,
    'shutdown-delay-duration': '0s',
    'sls-endpoint': slsUrl,
    kubeconfig: await apiServer.kubeconfigFile(),
  };
  const { url, pid } = resources.use(
    await startServerProcess({
      script: main,
      args: ['serve', ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)],
      home: directory,
      env: {
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
