import { logstore, project, readPath, selectorOf } from '../../test/support/adapter.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { startSlsProcess, type SlsProcess } from '../sls/process.ts';
import { startDelegatedAdapter } from './delegated-adapter.ts';
import { FrontProxy } from './front-proxy.ts';

/** An adapter that has read once, so that the SDK is loaded, and an SLS with traffic and 80 ms of latency. */
export interface ColdAdapter extends AsyncDisposable {
  readonly sls: SlsProcess;
  readonly frontProxy: FrontProxy;
}

export const coldRoutes = 1000;
const slsLatencyMs = 80;

const routeName = (index: number) => `default-service-${index}-80`;

/** Each index and each interval is a series of its own. */
export const coldPath = (index: number, intervalSeconds: number): string =>
  readPath(
    'sls_ingress_qps',
    selectorOf({
      'sls.project': project,
      'sls.logstore': logstore,
      'sls.ingress.route': routeName(index),
      'sls.query.interval': String(intervalSeconds),
    }),
  );

/** @param config text of the adapter's configuration file */
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
      batches: 1,
      logstores: [
        {
          logstore,
          routes: Array.from({ length: coldRoutes }, (_, index) => routeName(index)),
          linesPerSecond: 0.2,
        },
      ],
    }),
  );
  const adapter = resources.use(
    await startDelegatedAdapter({ slsUrl: sls.url, config, onProblem: progress }),
  );
  const frontProxy = resources.use(new FrontProxy(adapter.url, adapter.pair));
  const warmUp = async () => (await frontProxy.get(coldPath(0, 60))).status === 200;
  await waitFor(warmUp, 'the first reading');
  const owned = resources.move();
  return { sls, frontProxy, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
