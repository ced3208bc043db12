import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { loadConfig } from '../../src/config/load.ts';
import { fakeIo } from '../support/fake-io.ts';
import { adapterManifests, only, renderManifests, type KubernetesObject } from '../support/manifests.ts';

interface DeploymentSpec {
  readonly template: {
    readonly spec: {
      readonly containers: readonly { readonly image: string; readonly args: readonly string[] }[];
    };
  };
}

let objects: KubernetesObject[];
let args: readonly string[];
let image: string;

beforeAll(async () => {
  objects = await renderManifests(adapterManifests);
  const { spec } = only<{ spec: DeploymentSpec }>(objects, 'Deployment');
  const [container] = spec.template.spec.containers;
  ({ args, image } = container ?? { args: [], image: '' });
});

describe('the command line in deploy/adapter', () => {
  it('is `serve` with the file of the ConfigMap', () => {
    expect(args[0]).toBe('serve');
    expect(args).toContain('--config=/etc/sls-metrics-adapter/config.yaml');
  });

  it('has only flags that `serve` knows', async () => {
    const { io, stdout } = fakeIo();
    expect(await runProgram(['serve', '--help'], io)).toBe(0);
    const known = new Set(stdout().match(/--[a-z-]+/g));
    const flags = args.slice(1).map((flag) => flag.replace(/=.*/, ''));
    expect(flags.filter((flag) => !known.has(flag))).toEqual([]);
  });
});

describe('the configuration in deploy/adapter', () => {
  it('is accepted by the adapter, and lacks only a region', async () => {
    const { data } = only<{ data: Readonly<Record<string, string>> }>(objects, 'ConfigMap');
    expect(Object.keys(data)).toEqual(['config.yaml']);
    const directory = await mkdtemp(join(tmpdir(), 'deploy-'));
    try {
      const config = join(directory, 'config.yaml');
      await writeFile(config, data['config.yaml'] ?? '');
      expect(loadConfig({ flags: { config }, env: {} })).toMatchObject({
        sls: { region: 'cn-beijing', network: 'intranet' },
        log: { level: 'info' },
      });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

it('the image in deploy/adapter is a placeholder with this version', async () => {
  const file = resolve(import.meta.dirname, '../../package.json');
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
  expect(image).toBe(`registry.example.com/sls-metrics-adapter:${version}`);
});
