import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kubernetesFaults } from '../../charts/support/kubernetes-check.ts';
import type { KubernetesObject } from '../../support/manifests.ts';
import { longRoute, project, startRoutesLog } from './routes-log.ts';

const { routes, stop } = await startRoutesLog();
afterAll(stop);

interface Hpa extends KubernetesObject {
  readonly spec: { readonly metrics: readonly { readonly external: Record<string, unknown> }[] };
}

describe('routes --hpa', () => {
  const labelled = (labels: Readonly<Record<string, string>>, averageValue: string) => ({
    metric: {
      name: 'sls_ingress_qps',
      selector: { matchLabels: { 'sls.project': project, 'sls.logstore': 'nginx-ingress', ...labels } },
    },
    target: { type: 'AverageValue', averageValue },
  });

  it('prints a valid manifest, with a target from the busiest minute', { timeout: 60_000 }, async () => {
    const { code, stdout, stderr } = await routes('nginx-ingress', '--hpa', 'web', '--namespace', 'default');
    expect([code, stderr]).toEqual([0, '']);
    const manifest = parse(stdout) as Hpa;
    expect(kubernetesFaults([manifest])).toEqual([]);
    expect(manifest).toMatchObject({
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 1,
        maxReplicas: 10,
        behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
      },
    });
    // 5 requests/s over 8 of 10 replicas.
    const [metric] = manifest.spec.metrics;
    expect(metric?.external).toEqual(labelled({ 'sls.ingress.route': 'default-web-80' }, '630m'));
    expect(stdout).toContain('# 0.1 requests/s on average, 5 in the busiest minute, p95 2820 ms, 10 % 5xx\n');
    expect(stdout).toContain('# averageValue 630m puts that minute on 8 of 10 replicas.');
  });

  it('uses the given replicas and route', async () => {
    const flags = ['--route', 'shop-web-80', '--min', '2', '--max', '1000'];
    const { stdout } = await routes('nginx-ingress', '--hpa', 'web', ...flags);
    const manifest = parse(stdout) as Hpa;
    expect(manifest).toMatchObject({
      metadata: { name: 'web' },
      spec: { minReplicas: 2, maxReplicas: 1000 },
    });
    expect(manifest.metadata).not.toHaveProperty('namespace');
    const [metric] = manifest.spec.metrics;
    expect(metric?.external).toEqual(labelled({ 'sls.ingress.route': 'shop-web-80' }, '3m'));
  });

  it('finds the route of the Deployment even if more than --limit routes are busier', async () => {
    const flags = ['--namespace', 'shop', '--limit', '1'];
    const { code, stdout } = await routes('nginx-ingress', '--hpa', 'canary', ...flags);
    expect(code).toBe(0);
    const [metric] = (parse(stdout) as Hpa).spec.metrics;
    expect(metric?.external).toMatchObject(labelled({ 'sls.ingress.route': 'shop-canary-80' }, '63m'));
  });

  it('prints JSON with -o json', async () => {
    const flags = ['--hpa', 'web', '--namespace', 'default'];
    const [yaml, json] = [
      await routes('nginx-ingress', ...flags),
      await routes('nginx-ingress', ...flags, '-o', 'json'),
    ];
    expect([json.code, JSON.parse(json.stdout)]).toEqual([0, parse(yaml.stdout)]);
  });

  it('selects a long route by its parts', { timeout: 60_000 }, async () => {
    const flags = ['--route', longRoute, '--namespace', 'shop'];
    const { stdout } = await routes('nginx-ingress', '--hpa', 'model', ...flags);
    const manifest = parse(stdout) as Hpa;
    expect(kubernetesFaults([manifest])).toEqual([]);
    const service = longRoute.slice('shop-'.length, -'-8501'.length);
    const parts = {
      'sls.ingress.namespace': 'shop',
      'sls.ingress.service': service,
      'sls.ingress.port': '8501',
    };
    expect(manifest.spec.metrics[0]?.external).toEqual(labelled(parts, '130m'));
  });

  it.each([
    [
      'there are several routes',
      ['--hpa', 'api', '--namespace', 'shop'],
      2,
      /several routes may belong to api, choose one with --route: shop-web-80, shop-model-serving/,
    ],
    [
      'several routes contain its name',
      ['--hpa', 'web'],
      2,
      /several routes may belong to web, choose one with --route: default-web-80, shop-web-80\. /,
    ],
    [
      'the namespace of a long route is unknown',
      ['--hpa', 'model', '--route', longRoute],
      2,
      /labels cannot express route shop-model-serving-.* without its namespace: add --namespace/,
    ],
    [
      'the route had no request',
      ['--hpa', 'web', '--route', 'shop-gone-80'],
      1,
      /no request to shop-gone-80 was logged since .*\. List the logged routes with: sls-metrics-adapter routes/,
    ],
  ])('says what is missing if %s', async (_, flags, exitCode, message) => {
    const { code, stdout, stderr } = await routes('nginx-ingress', ...flags);
    expect([code, stdout]).toEqual([exitCode, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trim()).not.toContain('\n');
  });
});
