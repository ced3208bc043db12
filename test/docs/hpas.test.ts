import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { autoscalerOf } from '../../src/kube/autoscalers/autoscaler.ts';
import { hpasIn } from '../../src/kube/autoscalers/autoscaler-file.ts';
import { parseMetricRequest } from '../../src/metric/metric-request.ts';
import { parseHpaManifest } from '../../src/scaling/hpa-manifest.ts';
import { builtIn } from '../support/catalog.ts';

const root = resolve(import.meta.dirname, '../..');
const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
});
const hpas = pages
  .trim()
  .split('\n')
  .flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/^ *```yaml\n([^]*?)^ *```/gm)]
      .flatMap(([, text = '']) =>
        text.includes('kind: HorizontalPodAutoscaler\n') ? hpasIn(text, page) : [],
      )
      .map((object, index) => ({ name: `HPA ${index + 1} of ${page}`, object })),
  );

describe('the whole HPAs in the documentation', () => {
  it('are in the page that explains them', () => {
    expect(hpas.filter(({ name }) => name.endsWith('docs/hpa.md')).length).toBeGreaterThan(2);
  });

  it.each(hpas)('$name is one that the API server accepts, and the adapter reads', ({ object }) => {
    expect(parseHpaManifest(object).otherMetrics).toEqual([]);
    const autoscaler = autoscalerOf(object);
    expect(autoscaler?.metrics).not.toEqual([]);
    for (const metric of autoscaler?.metrics ?? []) {
      if ('refusal' in metric) throw metric.refusal;
      const request = parseMetricRequest(
        metric.name,
        autoscaler?.namespace ?? '',
        metric.requirements,
        {},
        builtIn,
      );
      // A load is shared by the pods, a latency is not.
      const isShared = !['ms', 'ratio'].includes(request.metric.unit);
      expect(metric.target?.kind).toBe(isShared ? 'AverageValue' : 'Value');
      expect(request.routes?.length).toBeGreaterThan(0);
    }
  });
});
