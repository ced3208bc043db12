import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startMain } from '../support/cli-process.ts';
import { ready, startCluster, type TestCluster } from '../support/cluster.ts';
import { startKubeStateMetrics } from '../support/kube-state-metrics.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { describeWithPrometheus } from '../support/promtool.ts';
import { waitFor } from '../support/wait-for.ts';
import { chosen, panelQueries, variableQueries } from '../monitoring/dashboard.ts';
import { textOf } from '../monitoring/monitoring-files.ts';

interface ScrapeConfig {
  readonly job_name: string;
  readonly scheme?: string;
  readonly static_configs?: unknown;
}

/** The scrape configurations of docs/monitoring.md, unchanged. */
const jobs = [...textOf('docs/monitoring.md').matchAll(/^```yaml\n(scrape_configs:[^]*?)^```$/gm)].flatMap(
  ([, yaml = '']) => (parse(yaml) as { scrape_configs: ScrapeConfig[] }).scrape_configs,
);

const token = 'scraper-token';

/** The labels that Kubernetes service discovery gives to a port of a pod; Debian's Prometheus is built without it. */
const podLabels = (port: string) => ({
  __meta_kubernetes_pod_label_app_kubernetes_io_name: 'sls-metrics-adapter',
  __meta_kubernetes_pod_container_port_name: port,
  __meta_kubernetes_pod_name: `adapter-${port}`,
});

/** Returns the job with another target, scrape interval and token file. */
const jobAt = (job: ScrapeConfig | undefined, url: string, port: string, tokenFile: string) => ({
  ...job,
  job_name: `sls-metrics-adapter-${port}`,
  scrape_interval: '1s',
  kubernetes_sd_configs: undefined,
  static_configs: [{ targets: [new URL(url).host], labels: podLabels(port) }],
  ...(job?.scheme === 'https' && { authorization: { credentials_file: tokenFile } }),
});

/** Sends a read that fails and a request that is refused. */
async function ask(cluster: TestCluster): Promise<void> {
  const headers = { 'x-remote-user': 'hpa' };
  const pair = await cluster.proxyCa.issue({ cn: 'front-proxy-client' });
  await cluster.request({ pair, headers });
  await cluster.request({ pair, headers, path: '/metrics', method: 'POST' });
}

describe('the scrape configurations of docs/monitoring.md', () => {
  it('cover both ports in a cluster, and the demo', () => {
    expect(jobs.map((job) => [job.scheme ?? 'http', 'static_configs' in job])).toEqual([
      ['https', false],
      ['http', false],
      ['http', true],
    ]);
  });
});

describeWithPrometheus('Prometheus', () => {
  it('scrapes the demo and an adapter in a cluster as documented, with data for every panel of the dashboard', async () => {
    const home = await mkdtemp(join(tmpdir(), 'scrape-'));
    await using demo = startMain('demo', ['--secure-port', '0', '--telemetry-port', '0'], home);
    await using states = await startKubeStateMetrics();
    await using cluster = await startCluster({ file: 'reading: { deadlineSeconds: 1 }' });
    cluster.apiServer.decide = () => true;
    cluster.apiServer.tokens.set(token, { username: 'system:serviceaccount:monitoring:prometheus' });
    const tokenFile = join(home, 'token');
    await writeFile(tokenFile, token);
    await waitFor(() => ready(cluster));
    cluster.emulator.setFaults({ status: 503, errorCode: 'ServerBusy' });
    const demoUrl = await waitFor(() => /(http:\S+)\/metrics for Prometheus/.exec(demo.stdout())?.[1]);
    const [overApi, overPlain, ofDemo] = jobs;
    await using prometheus = await startPrometheus({
      scrape_configs: [
        jobAt(overApi, cluster.adapter.url, 'https', tokenFile),
        jobAt(overPlain, demoUrl, 'telemetry', tokenFile),
        jobAt(ofDemo, demoUrl, 'demo', tokenFile),
        {
          job_name: 'kube-state-metrics',
          scrape_interval: '1s',
          static_configs: [{ targets: [states.address] }],
        },
      ],
    });
    let left = [...panelQueries, ...variableQueries];
    await waitFor(async () => {
      await ask(cluster);
      const answers = await Promise.all(left.map(({ expr }) => prometheus.query(chosen(expr, '30s'))));
      left = left.filter((_, index) => answers[index]?.length === 0);
      if (left.length > 0) await sleep(500);
      return left.length === 0;
    }, 'data for every panel').catch((error: unknown) => {
      expect(left, String(error)).toEqual([]);
    });
    expect(await prometheus.troubles()).toEqual([]);
    expect(await prometheus.query('sum(up)')).toEqual(['4']);
    expect(await prometheus.query('sum(up{pod=~"adapter-(https|telemetry)"})')).toEqual(['2']);
    await rm(home, { recursive: true });
  });
});
