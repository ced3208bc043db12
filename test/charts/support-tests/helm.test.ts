import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { only } from '../../support/manifests.ts';
import { helmMajors, lintChart, refusal, renderChart, renderNotes } from '../support/helm.ts';

const files = {
  'Chart.yaml': 'apiVersion: v2\nname: small\nversion: 0.1.0\nicon: https://example.com/icon.png\n',
  'values.yaml': 'color: red\nnested: { kept: true, set: no }\n',
  'values.schema.json':
    '{ "type": "object", "additionalProperties": false, "properties": { "global": {}, "color": { "type": "string" }, "nested": {} } }',
  'green.yaml': 'color: green\n',
  'templates/NOTES.txt': 'It is {{ .Values.color }}.\n',
  'templates/config.yaml': `
{{- if .Capabilities.APIVersions.Has "example.com/v1" }}
apiVersion: example.com/v1
{{- else }}
apiVersion: v1
{{- end }}
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  color: {{ .Values.color }}
  nested: {{ toJson .Values.nested | quote }}
  kubernetes: {{ .Capabilities.KubeVersion.Version }}
---
# Nothing but a comment.
`,
};

describe.each(helmMajors)('test helpers for Helm %i', (helm) => {
  let chart: string;
  beforeAll(async () => {
    chart = await mkdtemp(join(tmpdir(), 'chart-'));
    await mkdir(join(chart, 'templates'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(chart, name), text);
  });
  afterAll(() => rm(chart, { recursive: true }));

  it('render a chart to its objects', async () => {
    const objects = await renderChart({
      chart,
      helm,
      release: 'web',
      namespace: 'shop',
      kubeVersion: '1.26.0',
      valueFiles: [join(chart, 'green.yaml')],
      values: { nested: { set: 'yes' } },
    });
    expect(objects).toHaveLength(1);
    expect(only(objects, 'ConfigMap')).toMatchObject({
      apiVersion: 'v1',
      metadata: { name: 'web', namespace: 'shop' },
      data: { color: 'green', nested: '{"kept":true,"set":"yes"}', kubernetes: 'v1.26.0' },
    });
  });

  it('pass the API versions of the cluster to the chart', async () => {
    const [object] = await renderChart({ chart, helm, apiVersions: ['example.com/v1'] });
    expect(object?.apiVersion).toBe('example.com/v1');
  });

  it('return the rendered notes', async () => {
    expect(await renderNotes({ chart, values: { color: 'blue' } })).toBe('It is blue.\n');
  });

  it('fail for a chart that lint refuses', async () => {
    await lintChart({ chart, helm });
    await expect(lintChart({ chart, helm, values: { color: 1 } })).rejects.toThrow('color');
  });

  it('return the message of refused values', async () => {
    expect(await refusal({ chart, helm, values: { colour: 'red' } })).toContain('colour');
    await expect(refusal({ chart, helm })).rejects.toThrow('rendered in spite of');
  });
});
