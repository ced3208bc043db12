import { logstore, project, readPath, selectorOf } from '../../test/support/adapter.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { startSlsProcess, type SlsProcess } from '../sls/process.ts';
import { startDelegatedAdapter } from '../support/delegated-adapter.ts';
import { FrontProxySession } from '../support/front-proxy-session.ts';
import { logTrouble } from '../support/log-trouble.ts';

/** An adapter that has read once, so that the SDK is loaded, and an SLS of 80 ms with traffic. */
export interface ColdAdapter extends AsyncDisposable {
  readonly sls: SlsProcess;
  readonly session: FrontProxySession;
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

export async function startColdAdapter(progress: (text: string) => void): Promise<ColdAdapter> {
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
    await startDelegatedAdapter({ slsUrl: sls.url, onLog: logTrouble(progress) }),
  );
  const session = resources.use(await FrontProxySession.open(adapter.url, adapter.pair));
  const warmUp = async () => (await session.get(coldPath(0, 60))).status === 200;
  await waitFor(warmUp, 15_000, 'a first reading');
  const owned = resources.move();
  return { sls, session, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
