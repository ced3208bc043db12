import { createCatalog } from '../../metric/catalog.ts';
import { namedList, whenList } from '../leaf.ts';
import { valueAt } from '../setting-path.ts';
import { ownMetricFaults } from './own-metric-faults.ts';
import { ownMetricSchema } from './own-metric-schema.ts';

/** Settings whose faults leave those of the others as they are, so that both show at once. */
const apart: readonly unknown[] = ['name', 'description', 'unit', 'project', 'logstore', 'emptyWindow'];

const metric = ownMetricSchema.superRefine(
  (settings, context) => {
    for (const fault of ownMetricFaults(settings)) context.addIssue({ code: 'custom', ...fault });
  },
  {
    when: ({ issues }) =>
      issues.every(({ code, path }) => code === 'unrecognized_keys' || apart.includes(path?.[0])),
  },
);

export const metricsSection = namedList(metric, 'metrics')
  .superRefine((metrics, context) => {
    const builtIn = new Set<unknown>(createCatalog().metrics.map(({ name }) => name));
    for (const [index, one] of metrics.entries()) {
      if (!builtIn.has(valueAt(one, ['name']))) continue;
      const message = 'must differ from the name of every built-in metric';
      context.addIssue({ code: 'custom', path: [index, 'name'], message });
    }
  }, whenList)
  .default([]);
