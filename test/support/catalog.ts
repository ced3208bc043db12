import { createCatalog } from '../../src/metric/catalog.ts';

/** The built-in metrics. */
export const builtIn = createCatalog();
export const findMetric = builtIn.find;
export const listMetrics = () => builtIn.metrics;
