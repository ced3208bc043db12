import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { only, renderManifests, type KubernetesObject } from '../support/manifests.ts';

const checkout = resolve(import.meta.dirname, '../..');

/** Returns the YAML blocks whose first line is `# NAME.yaml`, by that name. */
function filesIn(markdown: string): ReadonlyMap<string, string> {
  const blocks = markdown.matchAll(/^```yaml\n# (\S+\.yaml)\n([^]*?)^```$/gm);
  return new Map([...blocks].map(([, name = '', text = '']) => [name, text]));
}

describe('the directory for the adapter in deploy/README.md', () => {
  let directory: string;
  let objects: KubernetesObject[];
  let files: ReadonlyMap<string, string>;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'overlay-'));
    const mine = join(directory, 'mine');
    await mkdir(mine);
    await symlink(checkout, join(directory, 'sls-metrics-adapter'));
    files = filesIn(await readFile(join(checkout, 'deploy/README.md'), 'utf8'));
    for (const [name, text] of files) await writeFile(join(mine, name), text);
    objects = await renderManifests(mine);
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('changes image, RAM role and configuration, and nothing else', async () => {
    expect([...files.keys()]).toEqual(['kustomization.yaml', 'config.yaml']);
    const own = ['Deployment', 'ServiceAccount', 'ConfigMap'];
    const others = (list: readonly KubernetesObject[]) => list.filter(({ kind }) => !own.includes(kind));
    expect(others(objects)).toEqual(others(await renderManifests(join(checkout, 'deploy/adapter'))));
    expect(only(objects, 'ServiceAccount').metadata.annotations).toEqual({
      'pod-identity.alibabacloud.com/role-name': 'my-ram-role',
    });
    expect(JSON.stringify(only(objects, 'Deployment'))).toContain(
      '"image":"registry-vpc.cn-hangzhou.aliyuncs.com/my-team/sls-metrics-adapter:0.1.0"',
    );
  });

  it('restarts the pods with a changed configuration, which the adapter accepts', () => {
    const { metadata, data } = only<{ data: Record<string, string> }>(objects, 'ConfigMap');
    expect(JSON.stringify(only(objects, 'Deployment'))).toContain(`"configMap":{"name":"${metadata.name}"}`);
    expect(data['config.yaml']).toBe(files.get('config.yaml'));
    const config = join(directory, 'mine/config.yaml');
    expect(loadConfig({ flags: { config }, env: {} }).sls.region).toBe('cn-hangzhou');
  });
});
