import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../../src/cli/program.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createCa } from '../../support/certificates.ts';
import { fakeIo } from '../../support/fake-io.ts';
import { only, type KubernetesObject } from '../../support/manifests.ts';
import { renderNotes } from '../../charts/support/helm.ts';
import { chart, ciFiles, leastValues, render, renderFile } from '../../charts/adapter/chart.ts';

interface Deployment {
  readonly spec: {
    readonly selector: object;
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
      readonly spec: { readonly containers: readonly [{ readonly args: readonly string[] }] };
    };
  };
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chart-life-'));
});
afterAll(() => rm(directory, { recursive: true }));

const deploymentOf = (objects: readonly KubernetesObject[]) => only<Deployment>(objects, 'Deployment');

describe('an upgrade of the release', () => {
  it('keeps the APIService and its name, and does not touch the caBundle, which the adapter sets', async () => {
    const apiServices = await Promise.all([
      render({ values: leastValues }),
      render({ values: { ...leastValues, replicas: 3, image: { tag: '9.9.9' } } }),
    ]);
    const [before, after] = apiServices.map((objects) => only<{ spec: object }>(objects, 'APIService'));
    expect(after).toEqual(before);
    expect(before?.metadata.annotations).toBeUndefined();
    expect(Object.keys(before?.spec ?? {})).not.toContain('caBundle');
  });

  it('ends an old pod only when a new one is ready, so a failed upgrade keeps serving', async () => {
    const { spec } = deploymentOf(await render({ values: leastValues }));
    expect(spec).toMatchObject({
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
  });

  it('never changes the selector of the Deployment', async () => {
    const renders = await Promise.all(ciFiles.map((file) => renderFile(file)));
    const labelled = await render({
      values: { ...leastValues, commonLabels: { a: 'b' }, podLabels: { c: 'd' } },
    });
    for (const objects of [...renders, labelled])
      expect(deploymentOf(objects).spec.selector).toEqual({
        matchLabels: {
          'app.kubernetes.io/name': 'sls-metrics-adapter',
          'app.kubernetes.io/instance': 'sls-metrics-adapter',
        },
      });
  });

  it('restarts the pods if the configuration changes, and only then', async () => {
    const checksum = async (values: object) =>
      deploymentOf(await render({ values })).spec.template.metadata.annotations['checksum/config'];
    const first = await checksum(leastValues);
    expect(await checksum({ ...leastValues, replicas: 3 })).toBe(first);
    expect(await checksum({ config: { ...leastValues.config, log: { level: 'debug' } } })).not.toBe(first);
  });
});

describe.each(ciFiles)('the adapter of ci/%s', (file) => {
  it('accepts its configuration and its command line', async () => {
    const objects = await renderFile(file);
    const { data } = only<{ data: Readonly<Record<string, string>> }>(
      objects,
      'ConfigMap',
      'sls-metrics-adapter',
    );
    const config = join(directory, file);
    await writeFile(config, data['config.yaml'] ?? '');
    const [{ args }] = deploymentOf(objects).spec.template.spec.containers;
    expect(args.slice(0, 2)).toEqual(['serve', '--config=/etc/sls-metrics-adapter/config.yaml']);
    const { io, stdout } = fakeIo();
    await runProgram(['serve', '--help'], io);
    const flags: Record<string, string | true> = { config };
    for (const arg of args.slice(2)) {
      const [, name = '', value] = /^--([a-z-]+)(?:=(.*))?$/.exec(arg) ?? [];
      expect(stdout()).toContain(`--${name}`);
      flags[name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())] = value ?? true;
    }
    const { server, kubernetes, sls } = loadConfig({ flags, env: {} });
    const securePort = file === 'node-role-values.yaml' ? 16443 : 6443;
    expect(server).toMatchObject({ authentication: 'delegated', securePort });
    expect(kubernetes.manageApiService).toBe(server.tlsCertFile === undefined);
    expect(sls.credentials.source).toBe(
      {
        'existing-secret-values.yaml': 'secret-file',
        'keda-values.yaml': 'default',
        'node-role-values.yaml': 'ecs-role',
      }[file] ?? 'rrsa',
    );
  });
});

describe('NOTES.txt', () => {
  it('has the next commands for this release', async () => {
    const notes = await renderNotes({ chart, release: 'sls', namespace: 'metrics', values: leastValues });
    for (const command of [
      'kubectl rollout status deployment sls-sls-metrics-adapter -n metrics',
      'kubectl get apiservice v1beta1.external.metrics.k8s.io',
      'helm test sls -n metrics --logs',
      "kubectl get --raw '/apis/external.metrics.k8s.io/v1beta1/namespaces/default/sls_ingress_qps?labelSelector=",
      'kubectl logs -n metrics -l app.kubernetes.io/name=sls-metrics-adapter,app.kubernetes.io/instance=sls --prefix --tail=-1 --since=10m',
    ])
      expect(notes).toContain(command);
  });

  it('has further steps that depend on the values', async () => {
    const notes = (file: string, values: object = {}) =>
      renderNotes({ chart, valueFiles: [join(chart, 'ci', file)], values });
    expect(await notes('self-managed-values.yaml')).toContain(
      'kubectl label namespace default pod-identity.alibabacloud.com/injection=on',
    );
    const elsewhere = { serviceAccount: { create: false, name: 'mine' } };
    expect(await notes('self-managed-values.yaml', elsewhere)).toContain(
      'kubectl annotate serviceaccount mine -n default pod-identity.alibabacloud.com/role-name=sls-reader',
    );
    expect(await notes('existing-secret-values.yaml')).toContain('kubectl create secret generic sls-key');
  });

  it('has no command for the metrics API, which would fail, if no APIService was created', async () => {
    const apiService = { create: false };
    const waiting = await renderNotes({ chart, values: { ...leastValues, apiService } });
    expect(waiting).toMatch(/no APIService\. They run, but are READY only when the APIService names/);
    const serving = await renderNotes({ chart, valueFiles: [join(chart, 'ci/keda-values.yaml')] });
    expect(serving).toContain('kubectl rollout status');
    for (const notes of [waiting, serving])
      expect(notes).not.toMatch(/is served by|kubectl get apiservice|kubectl get --raw|helm test/);
    expect(waiting).not.toContain('kubectl rollout status');
  });

  it('says where credentials come from if no value does', async () => {
    const said = 'No credentials are configured (credentials.source is default)';
    expect(await renderNotes({ chart, values: leastValues })).toContain(said);
    const configured = { config: { sls: { region: 'cn-beijing', credentials: { source: 'ecs-role' } } } };
    expect(await renderNotes({ chart, values: configured })).not.toContain(said);
    const file = join(chart, 'ci/self-managed-values.yaml');
    expect(await renderNotes({ chart, valueFiles: [file] })).not.toContain(said);
  });
});

describe('the pod of `helm test`', () => {
  let server: Server;
  interface Reply {
    readonly status: number;
    readonly body: object;
  }
  let reply: Reply;
  let reading: Reply = { status: 404, body: {} };
  const readUrls: (string | undefined)[] = [];
  const authorizations = new Set<string | undefined>();

  beforeAll(async () => {
    const ca = await createCa('cluster');
    const { key, certificate: cert } = await ca.issue({ eku: 'server', sans: ['127.0.0.1'] });
    await writeFile(join(directory, 'ca.crt'), ca.certificate);
    await writeFile(join(directory, 'token'), 'the-token\n');
    server = createServer({ key, cert }, ({ headers, url }, response) => {
      authorizations.add(headers.authorization);
      const discovered = url === '/apis/external.metrics.k8s.io/v1beta1';
      if (!discovered) readUrls.push(url);
      const { status, body } = discovered ? reply : reading;
      response.writeHead(status).end(JSON.stringify(body));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  });
  afterAll(() => server.close());

  /** Runs the command of the pod with another address. */
  async function runTest(test: object = {}): Promise<{ code: number; stdout: string; stderr: string }> {
    interface Container {
      readonly command: string[];
      readonly args: string[];
      readonly env: readonly { readonly name: string; readonly value: string }[];
    }
    const pod = only<{ spec: { containers: readonly [Container] } }>(
      await render({ values: { ...leastValues, test } }),
      'Pod',
    );
    const [{ command, args, env: variables }] = pod.spec.containers;
    const env = {
      ...Object.fromEntries(variables.map(({ name, value }) => [name, value])),
      SERVICE_ACCOUNT_DIRECTORY: directory,
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String((server.address() as AddressInfo).port),
      PATIENCE_SECONDS: '0',
    };
    expect(command[0]).toBe('node');
    return promisify(execFile)(process.execPath, [...command.slice(1), ...args], { env }).then(
      (output) => ({ code: 0, ...output }),
      (error: unknown) => error as { code: number; stdout: string; stderr: string },
    );
  }

  it('passes if the API server serves the metrics, with the token of its account', async () => {
    reply = { status: 200, body: { resources: [{ name: 'sls_ingress_qps' }] } };
    expect(await runTest()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 metrics') as string,
    });
    expect(authorizations).toEqual(new Set(['Bearer the-token']));
  });

  it('fails with the reason if the API server does not, or if another adapter serves them', async () => {
    reply = { status: 503, body: { message: 'service unavailable' } };
    expect(await runTest()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('503: {"message":"service unavailable"}') as string,
    });
    reply = { status: 200, body: { resources: [{ name: 'other' }] } };
    expect(await runTest()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('served by another adapter: other') as string,
    });
    expect(readUrls).toEqual([]);
  });

  it('reads the metric that the values name, and fails with the error of the read', async () => {
    reply = { status: 200, body: { resources: [{ name: 'sls_ingress_qps' }] } };
    const test = { metric: 'sls_ingress_qps', selector: 'sls.project=p,sls.logstore=l', namespace: 'shop' };
    reading = { status: 200, body: { items: [{ value: '12500m' }] } };
    expect(await runTest(test)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('\nsls_ingress_qps: 12500m\n') as string,
    });
    const read = '/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/sls_ingress_qps';
    expect(readUrls).toEqual([`${read}?labelSelector=sls.project%3Dp%2Csls.logstore%3Dl`]);
    reading = { status: 503, body: { message: 'AccessKeyId not found' } };
    expect(await runTest(test)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('503: {"message":"AccessKeyId not found"}') as string,
    });
  });
});

it('version and appVersion of the chart equal the version in package.json', async () => {
  const { version } = JSON.parse(await readFile(join(chart, '../../package.json'), 'utf8')) as {
    version: string;
  };
  const text = await readFile(join(chart, 'Chart.yaml'), 'utf8');
  expect(text).toContain(`\nversion: ${version}\nappVersion: ${version}\n`);
});
