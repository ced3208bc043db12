import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeKubeconfig } from '../../emulator/demo/client-files.ts';
import { startEmulator, type Emulator } from '../../emulator/emulator.ts';
import { ingestAccessLog } from '../../emulator/ingest/access-log-ingest.ts';
import { AccessLogReader } from '../../emulator/ingest/access-log-reader.ts';
import {
  accessKey,
  basePath,
  logstore,
  project,
  readPath,
  startAdapter,
  type TestAdapter,
} from '../support/adapter.ts';
import { findKubectl } from '../support/kubectl.ts';
import { describeWithNginx, startNginx, type Nginx } from '../support/nginx.ts';
import { sendRequests } from '../support/send-requests.ts';
import { waitFor } from '../support/wait-for.ts';

const run = promisify(execFile);
const guideRoute = 'default-bert-tfserving-202207181536-tensorflow-serving-8501';

describeWithNginx('kubectl, for traffic of a real nginx', () => {
  let nginx: Nginx;
  let emulator: Emulator;
  let adapter: TestAdapter;
  let kubectl: (path: string) => Promise<unknown>;
  let ingest: Promise<unknown>;
  let home: string;
  const ending = new AbortController();

  beforeAll(async () => {
    nginx = await startNginx({
      routes: [
        { path: '/bert', upstreamName: guideRoute },
        { path: '/web', upstreamName: 'default-web-80' },
      ],
    });
    emulator = await startEmulator({ logstores: [{ project, logstore }], accessKey });
    const sink = emulator.sink(project, logstore);
    ingest = ingestAccessLog({
      source: { kind: 'file', path: nginx.accessLogPath },
      follow: true,
      reader: new AccessLogReader({ clock: Date }),
      sink,
      signal: ending.signal,
    });
    adapter = await startAdapter({ slsEndpoint: emulator.url, delay: '0' });
    const program = await findKubectl();
    if (program === undefined)
      throw new Error('there is no kubectl, neither on PATH nor from the npm registry');
    home = await mkdtemp(join(tmpdir(), 'kubectl-'));
    const kubeconfig = await writeKubeconfig(home, adapter.url, adapter.certificateFile);
    kubectl = async (path) => {
      const env = { ...process.env, HOME: home };
      const { stdout } = await run(program, ['--kubeconfig', kubeconfig, 'get', '--raw', path], { env });
      return JSON.parse(stdout) as unknown;
    };
  });
  afterAll(async () => {
    ending.abort();
    await ingest;
    await adapter[Symbol.asyncDispose]();
    await emulator.stop();
    await nginx.stop();
    await rm(home, { recursive: true });
  });

  it('reads exactly the rate of the sent requests', async () => {
    const [bert, web] = await Promise.all([
      sendRequests(nginx.url, '/bert', 126),
      sendRequests(nginx.url, '/web', 60),
    ]);
    expect([bert.statuses, web.statuses]).toEqual([{ 200: 126 }, { 200: 60 }]);
    const sentSeconds = Math.floor(Date.now() / 1000);
    await waitFor(() => emulator.stats().rows >= 186);
    // The window ends before the current second.
    await waitFor(() => Date.now() >= (sentSeconds + 1) * 1000);
    const valueOf = async (route: string) =>
      kubectl(
        readPath(
          'sls_ingress_qps',
          `sls.project=${project},sls.logstore=${logstore},sls.query.interval=120,sls.ingress.route=${route}`,
        ),
      );
    expect(await valueOf(guideRoute)).toMatchObject({
      kind: 'ExternalMetricValueList',
      items: [{ metricName: 'sls_ingress_qps', window: 120, value: '1050m' }],
    });
    expect(await valueOf('default-web-80')).toMatchObject({ items: [{ value: '500m' }] });
  });

  it('lists the metrics', async () => {
    expect(await kubectl(basePath)).toMatchObject({
      kind: 'APIResourceList',
      resources: expect.arrayContaining([
        expect.objectContaining({
          name: 'sls_ingress_qps',
          namespaced: true,
          kind: 'ExternalMetricValueList',
          verbs: ['get'],
        }),
      ]) as unknown,
    });
  });

  it('shows why a read fails', async () => {
    await expect(kubectl(readPath('sls_ingress_qps', 'sls.project=no-such-project'))).rejects.toThrow(
      /label sls.logstore is missing/,
    );
  });
});
