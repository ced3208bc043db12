import type { SyncState } from '../../kube/client/kube-observer.ts';
import type { LearnedDelay } from '../../reading/delay/delays.ts';
import { heartbeatStates, type HeartbeatStatus } from '../../reading/heartbeat/heartbeat.ts';
import type { LogstoreState } from '../../reading/silence/silence-watch.ts';
import type { IdentityState } from '../../sls/credentials/identities.ts';
import type { ProjectCounts } from '../../sls/project-gates.ts';
import { boundedLabel, otherName, type LabelOf } from './event-metrics.ts';
import type { GaugeValue, MetricRegistry } from './metric-registry.ts';

export interface AdapterState {
  projects(): readonly ProjectCounts[];
  delays(): readonly LearnedDelay[];
  logstores(): readonly LogstoreState[];
  /** Undefined without a heartbeat. */
  heartbeat(): HeartbeatStatus | undefined;
  /** Unix ms. */
  nowMs(): number;
  identities(): readonly IdentityState[];
  /** Watched resources of the API server; empty without delegated authentication. */
  synced(): readonly SyncState[];
  series(): { readonly held: number; readonly wanted: number; readonly most: number };
  /** Open streams of the external scaler for KEDA. Undefined without it. */
  kedaStreams(): number | undefined;
  /** Unix ms. */
  certificateExpiresAtMs(): number;
  readonly version: string;
}

/** Logstores that have a label value of their own. */
const maxLogstores = 200;

const phases = ['closed', 'half-open', 'open'] as const;

export function addStateMetrics(registry: MetricRegistry, projectOf: LabelOf, state: AdapterState): void {
  registry.gauge('build_info', ['version', 'node_version'], 'Always 1; the version that runs.', () => [
    { labels: { version: state.version, node_version: process.versions.node }, value: 1 },
  ]);
  registry.gauge('series', [], 'Series whose last reading is held.', () => state.series().held);
  registry.gauge('series_wanted', [], 'Series that were read lately.', () => state.series().wanted);
  registry.gauge(
    'series_limit',
    [],
    'How many series are held, and kept fresh, at most.',
    () => state.series().most,
  );
  registry.gauge(
    'keda_streams',
    [],
    'Open streams of triggers of type external-push (KEDA); absent without keda.port.',
    () => state.kedaStreams() ?? [],
  );
  addProjects(registry, projectOf, state);
  const logstoreOf = logstoreLabels(projectOf);
  addDelays(registry, logstoreOf, state);
  addNewestLines(registry, logstoreOf, state);
  addHeartbeat(registry, state);
  addExpiries(registry, state);
  addSynced(registry, state);
}

function addProjects(registry: MetricRegistry, projectOf: LabelOf, state: AdapterState): void {
  const labelsOf = ({ project }: ProjectCounts) => ({ project: projectOf(project) });
  const gauge = (name: string, help: string, valueOf: (counts: ProjectCounts) => number) =>
    registry.gauge(name, ['project'], help, () =>
      combine(state.projects(), labelsOf, valueOf, (...values) =>
        values.reduce((sum, value) => sum + value, 0),
      ),
    );
  gauge('sls_queries_running', 'Queries that are with SLS.', ({ running }) => running);
  gauge('sls_queries_waiting', 'Queries that wait for their turn at the project.', ({ waiting }) => waiting);
  registry.gauge(
    'sls_circuit_state',
    ['project', 'state'],
    'State of the circuit of a project: 1 for the one that it is in, of closed, half-open and open.',
    () => {
      const phaseOf = ({ circuit }: ProjectCounts) => phases.indexOf(circuit);
      // A project that is queried at several endpoints has the worst of their states.
      const worst = combine(state.projects(), labelsOf, phaseOf, Math.max);
      return worst.flatMap(({ labels, value }) =>
        phases.map((phase, index) => ({
          labels: { ...labels, state: phase },
          value: Number(index === value),
        })),
      );
    },
  );
}

type LogstoreLabelsOf = (item: Pick<LearnedDelay, 'address'>) => GaugeValue['labels'];

function logstoreLabels(projectOf: LabelOf): LogstoreLabelsOf {
  const keyOf = boundedLabel(maxLogstores);
  return ({ address: { project, logstore } }) => {
    // SLS has answered for it.
    const isKept = keyOf(JSON.stringify([project, logstore]), true) !== otherName;
    return { project: projectOf(project, true), logstore: isKept ? logstore : otherName };
  };
}

function addNewestLines(registry: MetricRegistry, labelsOf: LogstoreLabelsOf, state: AdapterState): void {
  const gauge = (name: string, help: string, valueOf: (logstore: LogstoreState) => number) =>
    registry.gauge(name, ['project', 'logstore'], help, () => {
      const seen = state.logstores().filter(({ newestSeconds }) => newestSeconds > 0);
      return combine(seen, labelsOf, valueOf, Math.max);
    });
  gauge(
    'newest_line_age_seconds',
    'Age of the newest line of any route that queries have seen; absent for a logstore that was not queried for 2 minutes.',
    ({ newestSeconds }) => Math.max(0, state.nowMs() / 1000 - newestSeconds),
  );
  gauge(
    'logstore_silent',
    'Whether the logstore stopped at once, where lines came steadily, and has had no line since.',
    ({ silence }) => Number(silence !== undefined),
  );
}

function addHeartbeat(registry: MetricRegistry, state: AdapterState): void {
  registry.gauge(
    'heartbeat_state',
    ['project', 'logstore', 'state'],
    'State of the heartbeat of heartbeat.url: 1 for the one that it is in, of proving, waiting, failing, unlogged and unindexed. Only proving makes silence certain.',
    () => {
      const heartbeat = state.heartbeat();
      if (heartbeat === undefined) return [];
      const { project, logstore } = heartbeat;
      return heartbeatStates.map((one) => ({
        labels: { project, logstore, state: one },
        value: Number(one === heartbeat.state),
      }));
    },
  );
}

function addDelays(registry: MetricRegistry, labelsOf: LogstoreLabelsOf, state: AdapterState): void {
  const gauge = (name: string, help: string, valueOf: (learned: LearnedDelay) => number) =>
    registry.gauge(name, ['project', 'logstore'], help, () =>
      combine(state.delays(), labelsOf, valueOf, Math.max),
    );
  gauge(
    'learned_delay_seconds',
    'How long before now the windows of a logstore end, as learned from when its lines come.',
    ({ delaySeconds }) => delaySeconds,
  );
  gauge(
    'learned_delay_saturated',
    'Whether lines come later than the longest delay that may be learned, so that readings may be too low.',
    ({ saturated }) => Number(saturated),
  );
}

function addExpiries(registry: MetricRegistry, state: AdapterState): void {
  registry.gauge(
    'serving_certificate_expiry_timestamp_seconds',
    [],
    'When the serving certificate expires, Unix time.',
    () => state.certificateExpiresAtMs() / 1000,
  );
  const gauge = (name: string, help: string, valueOf: (identity: IdentityState) => number | undefined) =>
    registry.gauge(name, ['identity'], help, () =>
      state.identities().map((one) => ({ labels: { identity: one.name }, value: valueOf(one) })),
    );
  gauge(
    'credentials_expiry_timestamp_seconds',
    'When the credentials held of an identity expire, Unix time; absent where they do not. They are renewed when they are used.',
    ({ expiresAtMs }) => secondsOf(expiresAtMs),
  );
  gauge(
    'credentials_failing',
    'Whether the last attempt to get or renew the credentials of an identity failed.',
    ({ failing }) => Number(failing),
  );
}

function addSynced(registry: MetricRegistry, state: AdapterState): void {
  const labelsOf = ({ resource, namespace = '' }: SyncState) => ({ resource, namespace });
  registry.gauge(
    'kube_synced',
    ['resource', 'namespace'],
    'Whether what is known of a resource of the API server is current; namespace is empty for all of them.',
    () => state.synced().map((one) => ({ labels: labelsOf(one), value: Number(one.synced) })),
  );
  registry.gauge(
    'kube_last_sync_timestamp_seconds',
    ['resource', 'namespace'],
    'When the API server last confirmed what is known of a resource, by a list or an event, Unix time.',
    () => state.synced().map((one) => ({ labels: labelsOf(one), value: secondsOf(one.lastSyncMs) })),
  );
}

const secondsOf = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000);

/** Returns one value for each set of labels; several items that share their labels are merged. */
function combine<Item>(
  items: readonly Item[],
  labelsOf: (item: Item) => GaugeValue['labels'],
  valueOf: (item: Item) => number,
  merge: (...values: number[]) => number,
): GaugeValue[] {
  const groups = Map.groupBy(items, (item) => JSON.stringify(labelsOf(item)));
  return Array.from(groups, ([key, group]) => ({
    labels: JSON.parse(key) as GaugeValue['labels'],
    value: merge(...group.map(valueOf)),
  }));
}
