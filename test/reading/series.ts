import { newSeries, type Series, type SeriesParts } from '../../src/metric/series.ts';
import { findMetric } from '../support/catalog.ts';

/** Returns a series of a default route with the given changes. */
export const seriesWith = (changes: Partial<SeriesParts> = {}): Series =>
  newSeries({
    metric: findMetric('sls_ingress_qps'),
    project: 'p1',
    logstore: 'nginx-ingress',
    route: 'default-a-80',
    filters: {},
    intervalSeconds: 15,
    delaySeconds: undefined,
    internalEndpoint: undefined,
    ...changes,
  });
