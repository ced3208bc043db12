import { createCatalog } from '../../src/metric/catalog.ts';

/** The metrics that come with the adapter. */
export const builtIn = createCatalog();
export const findMetric = builtIn.find;
export const listMetrics = () => builtIn.metrics;
