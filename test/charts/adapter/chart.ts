import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesObject } from '../../support/manifests.ts';
import { chartDirectory, renderChart, type ChartInput } from '../support/helm.ts';

export const chart = chartDirectory('sls-metrics-adapter');

/** The least that the chart asks for. */
export const leastValues = { config: { sls: { region: 'cn-beijing' } } };

/** One for each mode of TLS and each source of credentials. */
export const ciFiles: readonly string[] = readdirSync(join(chart, 'ci')).sort();

/** Helm may take its time on a machine that has other work too. */
export const helmMs = 120_000;

/** The chart as a release of its own name, in a namespace of that name. */
export const render = (input: Partial<ChartInput> = {}): Promise<KubernetesObject[]> =>
  renderChart({ chart, release: 'sls-metrics-adapter', namespace: 'sls-metrics-adapter', ...input });

export const renderFile = (file: string, input: Partial<ChartInput> = {}): Promise<KubernetesObject[]> =>
  render({ valueFiles: [join(chart, 'ci', file)], ...input });
