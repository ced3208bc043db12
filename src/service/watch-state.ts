import { versionInfo } from '../api/discovery/version.ts';
import type { Config } from '../config/schema.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Delegation } from './delegation.ts';
import type { ReadingStack } from './reading-stack.ts';
import type { Serving } from './serving-certificate.ts';
import type { Surroundings } from './surroundings.ts';

/** What stands, as it is built. */
export interface Standing {
  readonly config: Config;
  readonly around: Surroundings;
  readonly reading: ReadingStack;
  readonly delegation: Delegation | undefined;
  readonly serving: Serving;
}

/** Lets the metrics see, at each scrape, what there is. */
export function watchState(
  metrics: Metrics,
  { config, around, reading, delegation, serving }: Standing,
): void {
  const { store, wanted, sls, delays, settingsOf } = reading;
  metrics.watch({
    version: versionInfo().gitVersion,
    projects: () => sls.gates.counts(),
    delays: () => delays.learned(),
    identities: () => sls.identities(),
    synced: () => delegation?.synced() ?? [],
    series: () => ({ held: store.size, wanted: wanted.size, most: config.reading.maxSeries }),
    certificateExpiresAtMs: () => serving.certificateExpiresAtMs(),
  });
  const { maxSeriesValues } = config.telemetry;
  if (maxSeriesValues > 0)
    metrics.watchSeries(maxSeriesValues, {
      all: () => store.all(),
      maxStaleMsOf: (project) => settingsOf(project).maxStaleSeconds * 1000,
      clock: around.clock,
    });
}
