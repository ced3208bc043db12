import { createCatalog } from '../../metric/catalog.ts';
import { namedList, whenList } from '../leaf.ts';
import { valueAt } from '../setting-path.ts';
import { ownMetricFaults } from './own-metric-faults.ts';
import { ownMetricSchema } from './own-metric-schema.ts';

const metric = ownMetricSchema.superRefine(
  (settings, context) => {
    for (const fault of ownMetricFaults(settings)) context.addIssue({ code: 'custom', ...fault });
  },
  { when: ({ issues }) => issues.length === 0 },
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
