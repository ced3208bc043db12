import { logstore, project, readPath, selectorOf } from '../../test/support/adapter.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { startSlsProcess, type SlsProcess } from '../sls/process.ts';
import { startDelegatedAdapter } from '../support/delegated-adapter.ts';
import { FrontProxy } from '../support/front-proxy.ts';
import { logTrouble } from '../support/log-trouble.ts';

/** An adapter that has read once, so that the SDK is loaded, and an SLS of 80 ms with traffic. */
export interface ColdAdapter extends AsyncDisposable {
  readonly sls: SlsProcess;
  readonly frontProxy: FrontProxy;
}

export const coldRoutes = 1000;
export const slsLatencyMs = 80;

export const routeName = (place: number) => `default-service-${place}-80`;

/** A series of its own by either. */
export const coldPath = (place: number, intervalSeconds: number): string =>
  readPath(
    'sls_ingress_qps',
    selectorOf({
      'sls.project': project,
      'sls.logstore': logstore,
      'sls.ingress.route': routeName(place),
      'sls.query.interval': String(intervalSeconds),
    }),
  );

/** @param config its configuration file */
export async function startColdAdapter(
  progress: (text: string) => void,
  config = '{}',
): Promise<ColdAdapter> {
  await using resources = new AsyncDisposableStack();
  const sls = resources.use(
    await startSlsProcess({
      project,
      latencyMs: slsLatencyMs,
      sqlConcurrency: 15,
      ingestLagMs: [1000, 4000],
      tickMs: 250,
      lots: 1,
      logstores: [
        {
          logstore,
          routes: Array.from({ length: coldRoutes }, (_, place) => routeName(place)),
          linesPerSecond: 0.2,
        },
      ],
    }),
  );
  const adapter = resources.use(
    await startDelegatedAdapter({ slsUrl: sls.url, config, onLog: logTrouble(progress) }),
  );
  const frontProxy = resources.use(new FrontProxy(adapter.url, adapter.pair));
  const warmUp = async () => (await frontProxy.get(coldPath(0, 60))).status === 200;
  await waitFor(warmUp, 15_000, 'a first reading');
  const owned = resources.move();
  return { sls, frontProxy, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
