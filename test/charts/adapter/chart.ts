import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesObject } from '../../support/manifests.ts';
import { chartDirectory, renderChart, type ChartInput } from '../support/helm.ts';

export const chart = chartDirectory('sls-metrics-adapter');

/** The values that the chart requires. */
export const leastValues = { config: { sls: { region: 'cn-beijing' } } };

/** One file for each TLS mode and each source of credentials. */
export const ciFiles: readonly string[] = readdirSync(join(chart, 'ci')).sort();

/** Renders the chart with its own name as release name and Namespace. */
export const render = (input: Partial<ChartInput> = {}): Promise<KubernetesObject[]> =>
  renderChart({ chart, release: 'sls-metrics-adapter', namespace: 'sls-metrics-adapter', ...input });

export const renderFile = (file: string, input: Partial<ChartInput> = {}): Promise<KubernetesObject[]> =>
  render({ valueFiles: [join(chart, 'ci', file)], ...input });
