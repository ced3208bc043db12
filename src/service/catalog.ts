import type { Config } from '../config/schema.ts';
import { type Catalog, createCatalog } from '../metric/catalog.ts';
import { ownMetric } from '../metric/own/own-metric.ts';

/** Every metric that is served under a configuration: those that come with the adapter, and the user's own. */
export const catalogOf = ({ metrics }: Pick<Config, 'metrics'>): Catalog =>
  createCatalog(metrics.map(ownMetric));
