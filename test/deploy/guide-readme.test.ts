import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Scaling } from '../charts/elastic-inference/chart.ts';
import { only, renderManifests, type KubernetesObject } from '../support/manifests.ts';
import { readTable } from '../support/markdown-table.ts';

const checkout = resolve(import.meta.dirname, '../..');
const guide = ['deploy/bert-tfserving', 'charts/elastic-inference/values.yaml'] as const;

let readme: string;
let base: KubernetesObject[];

beforeAll(async () => {
  const whole = await readFile(join(checkout, 'deploy/README.md'), 'utf8');
  readme = whole.slice(whole.indexOf('# Elastic inference, step by step'));
  base = await renderManifests(join(checkout, guide[0]));
});

describe('the six steps of deploy/README.md', () => {
  it('are complete and in order', () => {
    expect([...readme.matchAll(/^### (\d)\. /gm)].map(([, step]) => step)).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
    ]);
  });

  it('name existing objects', () => {
    const named = new Set(base.map(({ kind, metadata }) => `${kind.toLowerCase()} ${metadata.name}`));
    const commands = readme.matchAll(
      /^kubectl (?:get|rollout status) (deployment|pvc|hpa|ingress) ([a-z][-a-z]+)/gm,
    );
    const kinds: Readonly<Record<string, string>> = {
      pvc: 'persistentvolumeclaim',
      hpa: 'horizontalpodautoscaler',
    };
    const asked = [...commands].map(([, kind = '', name = '']) => `${kinds[kind] ?? kind} ${name}`);
    expect(asked.length).toBeGreaterThan(4);
    for (const one of asked) expect(named).toContain(one);
    expect(readme).toContain('kubectl create secret generic bert-tfserving-oss ');
    expect(JSON.stringify(only(base, 'PersistentVolume'))).toContain('"name":"bert-tfserving-oss"');
  });

  it('read the same metric as the HPA', () => {
    const [metric] = only<Scaling>(base, 'HorizontalPodAutoscaler').spec.metrics;
    const labels = metric?.external.metric.selector.matchLabels ?? {};
    const selector = Object.entries({ ...labels, 'sls.project': 'k8s-log-{cluster id}' }).map((pair) =>
      pair.join('='),
    );
    const [, asked] = /sls_ingress_qps\?labelSelector=([^']+)'/.exec(readme) ?? [];
    expect(asked?.split(',').sort()).toEqual(selector.sort());
  });
});

describe('the directory for the model in deploy/README.md', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bert-'));
    await mkdir(join(directory, 'bert'));
    await symlink(checkout, join(directory, 'sls-metrics-adapter'));
    const [, text = ''] = /^```yaml\n# bert\/kustomization\.yaml: yours\n([^]*?)^```$/m.exec(readme) ?? [];
    await writeFile(join(directory, 'bert/kustomization.yaml'), text);
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('changes image, bucket, endpoint, project and host, and nothing else', async () => {
    const mine = await renderManifests(join(directory, 'bert'));
    const back: readonly (readonly [string, string])[] = [
      ['registry-vpc.cn-hangzhou.aliyuncs.com/my-team/tensorflow-serving', 'tensorflow/serving'],
      ['"my-models"', '"my-bucket"'],
      ['oss-cn-hangzhou-internal', 'oss-cn-beijing-internal'],
      ['k8s-log-c1234567890abcdef1234567890abcdef', 'k8s-log-c0123456789abcdef0123456789abcdef'],
      ['"bert.example.com"', '"test.example.com"'],
    ];
    let text = JSON.stringify(mine);
    for (const [from, to] of back) {
      expect(text).toContain(from);
      text = text.replaceAll(from, to);
    }
    expect(JSON.parse(text)).toEqual(base);
  });
});

describe('the table for users of arena in deploy/README.md', () => {
  /** The flags of the command in the guide. */
  const flags = [
    '--namespace=default',
    '--name=bert-tfserving',
    '--model-name=chnsenticorp',
    '--gpus=1',
    '--image=tensorflow/serving:1.15.0-gpu',
    '--data=model-pvc:/data',
    '--model-path=/data/models/tensorflow/chnsenticorp',
    '--version-policy=specific:1623831335',
    '--annotation=alibabacloud.com/burst-resource=eci_only',
    '--annotation=k8s.aliyun.com/eci-use-specs=ecs.gn6i-c4g1.xlarge',
  ];

  it('has every flag of the guide, and existing values of the chart', async () => {
    const [, ...rows] = readTable(readme.slice(readme.indexOf('### For users of arena')));
    expect(rows.slice(0, flags.length).map(([flag]) => flag)).toEqual(flags.map((flag) => `\`${flag}\``));
    const values = parse(await readFile(join(checkout, guide[1]), 'utf8')) as unknown;
    for (const [, cell = ''] of rows)
      for (const [, path = ''] of cell.matchAll(/`([a-zA-Z.]+)(?:: \w+)?`/g)) {
        const found = path
          .split('.')
          .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], values);
        expect(found, path).toBeDefined();
      }
  });
});
