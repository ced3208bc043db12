import type { SyncState } from '../../kube/client/sync-state.ts';
import type { LearnedDelay } from '../../reading/completeness.ts';
import type { IdentityState } from '../../sls/credentials/identities.ts';
import type { ProjectCounts } from '../../sls/project-gates.ts';
import { FoldedNames, foldedName } from './folded-names.ts';
import type { MetricRegistry } from './metric-registry.ts';
import type { GaugeValue } from './read-gauge.ts';

/** What is there when it is asked for. */
export interface AdapterState {
  projects(): readonly ProjectCounts[];
  delays(): readonly LearnedDelay[];
  identities(): readonly IdentityState[];
  /** What of the API server is watched; none where nobody is asked. */
  synced(): readonly SyncState[];
  series(): { readonly held: number; readonly wanted: number; readonly most: number };
  /** Unix ms. */
  certificateExpiresAtMs(): number;
  readonly version: string;
}

/** Logstores whose delays are told apart. */
const mostLogstores = 200;

const phases = ['closed', 'half-open', 'open'] as const;

const single = (value: number): GaugeValue[] => [{ labels: {}, value }];

/** Tells at each scrape what there is. */
export function addStateMetrics(registry: MetricRegistry, projects: FoldedNames, state: AdapterState): void {
  registry.gauge('build_info', 'Always 1; the version that runs.', ['version', 'node_version'], () => [
    { labels: { version: state.version, node_version: process.versions.node }, value: 1 },
  ]);
  const { held, wanted, most } = {
    held: () => single(state.series().held),
    wanted: () => single(state.series().wanted),
    most: () => single(state.series().most),
  };
  registry.gauge('series', 'Series whose last reading is held.', [], held);
  registry.gauge('series_wanted', 'Series read lately or named by an HPA, which are kept fresh.', [], wanted);
  registry.gauge('series_limit', 'How many series are held, and kept fresh, at most.', [], most);
  addProjects(registry, projects, state);
  addDelays(registry, projects, state);
  addExpiries(registry, state);
  addSynced(registry, state);
}

function addProjects(registry: MetricRegistry, projects: FoldedNames, state: AdapterState): void {
  const gauge = (name: string, help: string, valueOf: (counts: ProjectCounts) => number) =>
    registry.gauge(name, help, ['project'], () =>
      combine(state.projects(), ({ project }) => ({ project: projects.of(project) }), valueOf, sum),
    );
  gauge('sls_queries_running', 'Queries that are with SLS.', ({ running }) => running);
  gauge('sls_queries_waiting', 'Queries that wait for their turn at the project.', ({ waiting }) => waiting);
  registry.gauge(
    'sls_circuit_state',
    'State of the circuit of a project: 1 for the one that it is in, of closed, half-open and open.',
    ['project', 'state'],
    () => {
      // Of several endpoints, the worst.
      const worst = combine(
        state.projects(),
        ({ project }) => ({ project: projects.of(project) }),
        ({ circuit }) => phases.indexOf(circuit),
        Math.max,
      );
      return worst.flatMap(({ labels, value }) =>
        phases.map((phase, index) => ({
          labels: { ...labels, state: phase },
          value: Number(index === value),
        })),
      );
    },
  );
}

function addDelays(registry: MetricRegistry, projects: FoldedNames, state: AdapterState): void {
  const logstores = new FoldedNames(mostLogstores);
  const labelsOf = ({ address: { project, logstore } }: LearnedDelay) => {
    const isKept = logstores.of(JSON.stringify([project, logstore])) !== foldedName;
    return { project: projects.of(project), logstore: isKept ? logstore : foldedName };
  };
  const gauge = (name: string, help: string, valueOf: (learned: LearnedDelay) => number) =>
    registry.gauge(name, help, ['project', 'logstore'], () =>
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
    'When the serving certificate expires, Unix time.',
    [],
    () => single(state.certificateExpiresAtMs() / 1000),
  );
  registry.gauge(
    'credentials_expiry_timestamp_seconds',
    'When the credentials held of an identity expire, Unix time; absent where they do not. They are renewed when they are used.',
    ['identity'],
    () =>
      state
        .identities()
        .flatMap(({ name, expiresAtMs }) =>
          expiresAtMs === undefined ? [] : { labels: { identity: name }, value: expiresAtMs / 1000 },
        ),
  );
  registry.gauge(
    'credentials_failing',
    'Whether the last attempt to get or renew the credentials of an identity failed.',
    ['identity'],
    () =>
      state.identities().map(({ name, failing }) => ({ labels: { identity: name }, value: Number(failing) })),
  );
}

function addSynced(registry: MetricRegistry, state: AdapterState): void {
  const labelsOf = ({ resource, namespace = '' }: SyncState) => ({ resource, namespace });
  registry.gauge(
    'kube_synced',
    'Whether what is known of a resource of the API server is current; namespace is empty for all of them.',
    ['resource', 'namespace'],
    () => state.synced().map((one) => ({ labels: labelsOf(one), value: Number(one.synced) })),
  );
  registry.gauge(
    'kube_last_sync_timestamp_seconds',
    'When the API server last confirmed what is known of a resource, by a list or an event, Unix time.',
    ['resource', 'namespace'],
    () =>
      state
        .synced()
        .flatMap((one) =>
          one.lastSyncMs === undefined ? [] : { labels: labelsOf(one), value: one.lastSyncMs / 1000 },
        ),
  );
}

const sum = (one: number, other: number) => one + other;

/** One value for each set of labels, whatever is folded into it. */
function combine<Item>(
  items: readonly Item[],
  labelsOf: (item: Item) => Readonly<Record<string, string>>,
  valueOf: (item: Item) => number,
  together: (one: number, other: number) => number,
): GaugeValue[] {
  const found = new Map<string, GaugeValue>();
  for (const item of items) {
    const labels = labelsOf(item);
    const key = JSON.stringify(Object.values(labels));
    const before = found.get(key)?.value;
    const value = valueOf(item);
    found.set(key, { labels, value: before === undefined ? value : together(before, value) });
  }
  return [...found.values()];
}
