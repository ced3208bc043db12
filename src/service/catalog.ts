import type { Config } from '../config/schema.ts';
import { type Catalog, createCatalog } from '../metric/catalog.ts';
import { ownMetric } from '../config/own-metrics/own-metric.ts';

/** Returns all metrics that are served: those of the adapter, and those that the configuration defines. */
export const catalogOf = ({
  metrics,
  hosts,
  logColumns,
}: Pick<Config, 'metrics' | 'hosts' | 'logColumns'>): Catalog =>
  createCatalog(metrics.map(ownMetric), hosts, logColumns);
