import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createCa, type PemPair } from '../../test/support/certificates.ts';
import { authenticationData } from '../../test/support/cluster.ts';
import { startScriptedApiServer, type ScriptedApiServer } from '../../test/support/scripted-apiserver.ts';
import { startServe } from './serve-process.ts';
import { podFlags } from './server-process.ts';

/** The adapter with the settings of a pod, in its own process. Its API server runs in this process. */
export interface DelegatedAdapter extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly apiServer: ScriptedApiServer;
  /** The front proxy's client certificate. */
  readonly pair: PemPair;
  readonly servingPair: PemPair;
  /** Removed when the adapter stops. */
  readonly directory: string;
}

/** kube-apiserver sends a bookmark about once a minute on an idle watch. A watch without any event is restarted. */
const bookmarkMs = 60_000;

/** Compiled, as in the image. */
const main = resolve(import.meta.dirname, '../../dist/main.js');

interface DelegatedAdapterOptions {
  readonly slsUrl: string;
  /** Text of the configuration file, YAML or JSON. Default: no setting. */
  readonly config?: string;
  /** Called with the first warnings, errors and crash output after the adapter has started. */
  readonly onProblem?: (text: string) => void;
  /** Called before the adapter starts, to fill the API server. */
  readonly prepare?: (apiServer: ScriptedApiServer) => void;
}

export async function startDelegatedAdapter(options: DelegatedAdapterOptions): Promise<DelegatedAdapter> {
  const { slsUrl, config = '{}', onProblem, prepare } = options;
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
  const pod = await apiServer.podEnvironment();
  const serveOptions = { 'sls-endpoint': slsUrl, 'service-account-dir': pod.serviceAccountDir };
  const { url, pid } = resources.use(
    await startServe({
      ...{ script: main, directory, config, options: serveOptions, nodeFlags: podFlags(), env: pod.env },
      ...(onProblem && { onLine: problemFilter(onProblem) }),
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

const maxWarnings = 5;
/** Lines that are not log lines, such as the output of a crash. */
const maxOtherLines = 30;

function problemFilter(onProblem: (text: string) => void): (line: string) => void {
  let warnings = 0;
  let others = 0;
  return (line) => {
    const isLog = line.startsWith('{"level":');
    if (isLog && !/^\{"level":"(warn|error|fatal)"/.test(line)) return;
    if (isLog ? ++warnings > maxWarnings : ++others > maxOtherLines) return;
    onProblem(`adapter: ${line.slice(0, 300)}`);
  };
}
