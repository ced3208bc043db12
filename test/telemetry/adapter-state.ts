import type { AdapterState } from '../../src/telemetry/metrics/state-metrics.ts';

/** Returns the state of an idle adapter, with the given parts replaced. */
export const stateWith = (given: Partial<AdapterState> = {}): AdapterState => ({
  version: 'v1.2.3',
  projects: () => [],
  delays: () => [],
  logstores: () => [],
  heartbeat: () => undefined,
  nowMs: () => 0,
  identities: () => [],
  synced: () => [],
  series: () => ({ held: 0, wanted: 0, most: 10 }),
  certificateExpiresAtMs: () => 0,
  kedaStreams: () => 2,
  ...given,
});
