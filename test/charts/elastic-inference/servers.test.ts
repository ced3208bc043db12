import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { only, type KubernetesObject } from '../../support/manifests.ts';
import { renderChart } from '../support/helm.ts';
import { chart, onlyContainer, type Scaling, type Serving } from './chart.ts';

const render = (file: string, values: object = {}) =>
  renderChart({ chart, valueFiles: [join(chart, file)], values, apiVersions: ['monitoring.coreos.com/v1'] });

const podOf = (objects: readonly KubernetesObject[]) =>
  only<Serving>(objects, 'Deployment').spec.template.spec;

const metricsOf = (objects: readonly KubernetesObject[]) =>
  only<Scaling>(objects, 'HorizontalPodAutoscaler').spec.metrics.map(({ external: { metric, target } }) => [
    metric.name,
    metric.selector.matchLabels['sls.logstore'],
    target,
  ]);

describe('values-triton.yaml', () => {
  it('runs Triton on its ports with its model repository, and scrapes its metrics at a port of their own', async () => {
    const objects = await render('values-triton.yaml', {
      metrics: { serviceMonitor: { enabled: true }, scrapeAnnotations: true },
    });
    const container = onlyContainer(only<Serving>(objects, 'Deployment'));
    expect(container).toMatchObject({
      name: 'triton',
      image: 'registry-vpc.cn-beijing.aliyuncs.com/my-team/tritonserver:25.06-py3',
      command: ['tritonserver'],
      args: [
        '--model-repository=/data/repository',
        '--http-port=8000',
        '--grpc-port=8001',
        '--exit-timeout-secs=30',
        '--metrics-port=8002',
      ],
      readinessProbe: { httpGet: { path: '/v2/models/resnet50/ready', port: 'http-serving' } },
    });
    expect(container.ports.map(({ name, containerPort }) => [name, containerPort])).toEqual([
      ['grpc-serving', 8001],
      ['http-serving', 8000],
      ['metrics', 8002],
    ]);
    expect(only(objects, 'Service')).toMatchObject({
      spec: { ports: [{ port: 8001 }, { port: 8000 }, { port: 8002, targetPort: 'metrics' }] },
    });
    expect(only(objects, 'ServiceMonitor')).toMatchObject({
      spec: { endpoints: [{ port: 'metrics', path: '/metrics' }] },
    });
    expect(only<Serving>(objects, 'Deployment').spec.template.metadata.annotations).toMatchObject({
      'prometheus.io/port': '8002',
      'prometheus.io/path': '/metrics',
    });
    // Longer than drain and --exit-timeout-secs together.
    expect(podOf(objects).terminationGracePeriodSeconds).toBe(15 + 40);
    expect(objects.map(({ kind }) => kind)).not.toContain('ConfigMap');
    expect(metricsOf(objects)).toEqual([
      ['sls_ingress_qps', 'nginx-ingress', { type: 'AverageValue', averageValue: '40' }],
      ['sls_ingress_latency_p95', 'nginx-ingress', { type: 'Value', value: '300' }],
    ]);
  });
});

describe('values-vllm.yaml', () => {
  it('runs vLLM, and scales by concurrent requests only', async () => {
    const objects = await render('values-vllm.yaml');
    expect(onlyContainer(only<Serving>(objects, 'Deployment'))).toMatchObject({
      name: 'vllm',
      command: ['vllm', 'serve'],
      args: [
        '/data/Qwen2.5-7B-Instruct',
        '--served-model-name=qwen2.5-7b-instruct',
        '--port=8000',
        '--max-model-len=8192',
      ],
      env: [
        { name: 'HOME', value: '/tmp' },
        { name: 'USER', value: 'server' },
        { name: 'HF_HUB_OFFLINE', value: '1' },
        { name: 'VLLM_NO_USAGE_STATS', value: '1' },
      ],
      ports: [{ name: 'http-serving', containerPort: 8000 }],
      startupProbe: { httpGet: { path: '/health', port: 'http-serving' } },
      lifecycle: { preStop: { exec: { command: ['sleep', '60'] } } },
    });
    expect(podOf(objects).terminationGracePeriodSeconds).toBe(100);
    expect(podOf(objects).volumes).toContainEqual({
      name: 'shared-memory',
      emptyDir: { medium: 'Memory', sizeLimit: '8Gi' },
    });
    expect(metricsOf(objects)).toEqual([
      ['sls_ingress_concurrency', 'nginx-ingress', { type: 'AverageValue', averageValue: '16' }],
    ]);
    expect(JSON.stringify(objects)).toContain('"sls.ingress.route":"default-release-8000"');
  });

  it('uses all GPUs of a pod', async () => {
    const objects = await render('values-vllm.yaml', { gpu: { count: 4 } });
    expect(onlyContainer(only<Serving>(objects, 'Deployment')).args).toContain('--tensor-parallel-size=4');
  });
});

describe('values-serverless.yaml', () => {
  it('reads the metric of an ALB from its logstore, behind its class', async () => {
    const objects = await render('values-serverless.yaml');
    expect(metricsOf(objects)).toEqual([
      ['sls_alb_ingress_qps', 'alb_bert', { type: 'AverageValue', averageValue: '10' }],
    ]);
    expect(only(objects, 'Ingress')).toMatchObject({
      spec: { ingressClassName: 'alb', rules: [{ http: { paths: [{ pathType: 'Prefix' }] } }] },
    });
  });
});

describe('ci/custom-server-values.yaml', () => {
  it('has only what its values say, beside probes, security and the HPA', async () => {
    const objects = await render('ci/custom-server-values.yaml');
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
      'ConfigMap extra',
      'Deployment release',
      'HorizontalPodAutoscaler release',
      'Ingress release',
      'PodDisruptionBudget release',
      'ResourcePolicy release',
      'Service release',
      'ServiceMonitor release',
    ]);
    expect(onlyContainer(only<Serving>(objects, 'Deployment'))).toMatchObject({
      name: 'server',
      image: 'registry.example.com/serve:1.2',
      command: ['/bin/serve'],
      args: ['run', '--verbose'],
      ports: [{ containerPort: 9090 }, { containerPort: 8080 }, { name: 'metrics', containerPort: 9100 }],
      readinessProbe: { httpGet: { path: '/ready' } },
      lifecycle: { preStop: { exec: { command: ['sleep', '30'] } } },
    });
    expect(podOf(objects).initContainers).toHaveLength(1);
    expect(podOf(objects).terminationGracePeriodSeconds).toBe(120);
    expect(only(objects, 'Ingress').metadata.annotations).toEqual({
      'alb.ingress.kubernetes.io/backend-protocol': 'grpc',
      'alb.ingress.kubernetes.io/listen-ports': '[{"HTTPS": 443}]',
    });
  });
});
