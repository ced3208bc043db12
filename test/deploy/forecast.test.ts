import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { selectorRequirements } from '../../src/kube/autoscalers/autoscaler-selector.ts';
import { parseMetricRequest } from '../../src/metric/metric-request.ts';
import { parseHpaManifest } from '../../src/scaling/hpa-manifest.ts';
import { kubernetesFaults } from '../charts/support/kubernetes-check.ts';
import { builtIn } from '../support/catalog.ts';
import type { KubernetesObject } from '../support/manifests.ts';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(resolve(root, 'deploy/forecast/hpa.yaml'), 'utf8');

it('deploy/forecast is an HPA that Kubernetes accepts, with a metric and its forecast that the adapter serves', () => {
  expect(kubernetesFaults([parse(text) as KubernetesObject])).toEqual([]);
  const { spec, selectors } = parseHpaManifest(parse(text));
  const requests = spec.metrics.map(({ name }, index) =>
    parseMetricRequest(name, 'shop', selectorRequirements(selectors[index]), {}, builtIn),
  );
  const [reading, forecast] = requests;
  expect(forecast?.metric.name).toBe(`${reading?.metric.name}_forecast`);
  expect(forecast?.routes).toEqual(reading?.routes);
  expect(forecast?.forecast).toEqual({ aheadSeconds: 180, quantile: 0.9 });
  expect(spec.metrics[0]?.targetMilli).toBe(spec.metrics[1]?.targetMilli);
});

it('docs/forecast.md has the same HPA', () => {
  const page = readFileSync(resolve(root, 'docs/forecast.md'), 'utf8');
  const [, shown = ''] = /```yaml\n(apiVersion: autoscaling\/v2\n[^]*?)```/.exec(page) ?? [];
  expect(parse(shown)).toEqual(parse(text));
});
