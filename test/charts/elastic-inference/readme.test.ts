import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { printTable, readTable } from '../../support/markdown-table.ts';
import { renderChart } from '../support/helm.ts';
import { valuesComments } from '../support/values-comments.ts';
import { valuesTable } from '../support/values-table.ts';
import { only } from '../../support/manifests.ts';
import { chart, onlyContainer, renderGuide, type Serving } from './chart.ts';

const read = (name: string) => readFileSync(join(chart, name), 'utf8');

describe('README.md of elastic-inference', () => {
  it('lists the values of the schema and values.yaml, row by row', () => {
    const expected = valuesTable(read('values.schema.json'), read('values.yaml'));
    const values = read('README.md').slice(read('README.md').indexOf('## Values'));
    expect(readTable(values), `README.md must hold\n\n${printTable(expected)}\n`).toEqual(expected);
  });

  it('has the comments of values.yaml as meanings', () => {
    const [, ...rows] = valuesTable(read('values.schema.json'), read('values.yaml'));
    const meanings = new Map(rows.map(([key = '', , meaning]) => [key.replaceAll('`', ''), meaning]));
    expect(new Map(valuesComments(read('values.yaml')))).toEqual(meanings);
  });

  it('says what differs between the servers', async () => {
    const text = read('README.md');
    const [, ...rows] = readTable(text.slice(text.indexOf('**Server.**'), text.indexOf('**Versions.**')));
    const own = {
      server: { readyPath: '/ready', ports: { grpc: 9000 } },
      image: { repository: 'example/own' },
    };
    for (const [type = '', image = '', ports = '', ready = '', seconds = ''] of rows) {
      const server = type.replaceAll('`', '');
      const custom = server === 'custom' ? own : { server: {}, image: {} };
      const objects = await renderGuide({
        model: { versionPolicy: { specific: [] } },
        image: { repository: '', ...custom.image },
        server: { type: server, ...custom.server },
      });
      const { spec } = only<Serving>(objects, 'Deployment').spec.template;
      const container = onlyContainer(only<Serving>(objects, 'Deployment'));
      const numbers = container.ports.map(({ containerPort }) => String(containerPort));
      const hook = JSON.stringify(container.lifecycle);
      expect(seconds).toBe(`${/"(\d+)"/.exec(hook)?.[1]} s, ${spec.terminationGracePeriodSeconds} s`);
      if (server === 'custom') continue;
      expect(`\`${container.image.split(':')[0]}\``).toBe(image);
      expect([...new Set(ports.match(/\d+/g))].sort()).toEqual(numbers.sort());
      expect(JSON.stringify(container.readinessProbe)).toContain(
        ready.replaceAll('`', '').replace('{name}', 'chnsenticorp'),
      );
    }
    expect(rows.map(([type]) => type)).toEqual(['`tfserving`', '`triton`', '`vllm`', '`custom`']);
  });

  it('has an example that renders', async () => {
    const example = /^```yaml\n(# bert\.yaml\n[^]*?)^```$/m.exec(read('README.md'))?.[1] ?? '';
    const objects = await renderChart({ chart, release: 'bert', values: parse(example) as object });
    expect(objects.map(({ kind }) => kind)).toContain('HorizontalPodAutoscaler');
    expect(JSON.stringify(objects)).toContain(
      '"nodePublishSecretRef":{"name":"bert-oss","namespace":"default"}',
    );
  });
});
