import { z } from 'zod';
import { hostAliasForm, hostForm } from '../metric/labels.ts';
import { accessSection } from './access-section.ts';
import { heartbeatSection } from './heartbeat-section.ts';
import { logColumnsSection } from './log-columns-section.ts';
import { metricsSection } from './own-metrics/metrics-section.ts';
import {
  choice,
  formed,
  inheriting,
  listOf,
  logstoreName,
  namespaceName,
  onOff,
  projectName,
  section,
  text,
  whole,
} from './leaf.ts';
import { readingSection } from './reading-section.ts';
import { pathText } from './setting-path.ts';
import { slsOverride, slsSection } from './sls-section.ts';
import { spanningFaults } from './spanning-rules.ts';
import { tlsCipherSuites, tlsMinVersion } from './tls-settings.ts';

const server = section({
  bindAddress: text(
    'Address that the API listens on; default: 127.0.0.1 if authentication is none, otherwise 0.0.0.0',
  ).optional(),
  securePort: whole(0, 65535, 'Port of the API; 0 takes any free port').default(6443),
  tlsCertFile: text('File of the serving certificate, PEM; default: a self-signed certificate').optional(),
  tlsPrivateKeyFile: text('File of the private key of the serving certificate, PEM').optional(),
  tlsMinVersion,
  tlsCipherSuites,
  certDir: text(
    'Directory for a self-signed certificate; default: sls-metrics-adapter below $XDG_CACHE_HOME or ~/.cache',
  ).optional(),
  authentication: choice(
    ['delegated', 'none'],
    'How clients are authenticated: `delegated` asks the API server; `none` lets everyone in, only on loopback',
  ).default('delegated'),
  maxRequestsInFlight: whole(
    1,
    100_000,
    'How many requests of one user, or of one address without a user, are answered at a time; all users together may have twice as many',
  ).default(400),
  maxConnections: whole(
    16,
    100_000,
    'How many connections are open at a time; beyond that, the oldest idle one of the client with the most is closed',
  ).default(500),
  shutdownDelaySeconds: whole(
    0,
    60,
    'How long the API still serves after SIGTERM, while its readiness already fails',
  ).default(8),
});

const kubernetes = section({
  kubeconfig: text(
    'Kubeconfig file to reach the API server; default: the service account of the pod, and for doctor and replay that of kubectl',
  ).optional(),
  serviceAccountDir: text(
    'Directory of the service account (token, ca.crt, namespace); default: where Kubernetes mounts it',
  ).optional(),
  manageApiService: onOff(
    'Keep the caBundle of the APIService current, for a self-signed certificate',
  ).default(false),
  serviceName: text(
    'Service in front of the adapter, named in the certificate and in the APIService',
  ).default('sls-metrics-adapter'),
  serviceNamespace: namespaceName('Namespace of that Service; default: the namespace of the pod').optional(),
  autoscalerNamespaces: listOf(namespaceName('A namespace'), 'namespaces')
    .describe('List of the namespaces whose HPAs the status page shows; empty: all')
    .default([]),
});

const defaults = section({
  project: projectName('Project if a selector has no sls.project').optional(),
  logstore: logstoreName('Logstore if a selector has no sls.logstore').optional(),
});

const hosts = z
  .record(
    z.string().regex(hostAliasForm),
    formed(hostForm, 'must be a host name in lower case, such as api.example.com', 'A host'),
    {
      error: ({ code }) =>
        code === 'invalid_key'
          ? 'must have an alias that begins with a capital letter, such as Web, as no host in the log does; up to 63 letters, digits, hyphens, dots and underscores'
          : 'must be a mapping of aliases to hosts, such as { Web: web.example.com }',
    },
  )
  .describe(
    'Mapping of aliases to hosts, for the label sls.ingress.host: a host longer than a label value (63 characters) has no other name there. An alias begins with a capital letter',
  )
  .default({});

/** In the order of the file: the first entry that matches a project applies to it. */
const projects = z
  .array(
    section({
      project: formed(
        /^(\*|[a-z0-9*][-a-z0-9*]{0,61}[a-z0-9*])$/,
        'must be a project such as k8s-log-c1, or a pattern such as k8s-log-*',
        'Project that the entry applies to, or a pattern in which * matches any text',
      ),
      reading: inheriting(readingSection.omit({ maxSeries: true, maxForecasts: true, perNamespace: true }))
        .describe('Settings of reading that differ for these projects')
        .optional(),
      sls: slsOverride.describe('Settings of sls that differ for these projects').optional(),
    }),
    { error: 'must be a list of projects' },
  )
  .default([]);

/** One line of such a gauge has about 200 bytes, and a scrape must stay below 1 MB. */
const mostSeriesValues = 4000;

export const telemetrySection = section({
  port: whole(
    0,
    65535,
    'Port for /metrics and the status page over plain HTTP, without authentication; default: no port; 0 takes any free port',
  ).optional(),
  bindAddress: text('Address of that port; 0.0.0.0 if scrapers in the cluster must reach it').default(
    '127.0.0.1',
  ),
  statusPage: onOff('Serve the status page at / of that port').default(false),
  maxSeriesValues: whole(
    0,
    mostSeriesValues,
    'How many series export their value as a gauge at /metrics at most; 0: none',
  ).default(0),
});

const keda = section({
  port: whole(
    0,
    65535,
    'Port of the external scaler for KEDA (gRPC), with the address and the certificate of the API; without TLS if authentication is none; default: no port; 0 takes any free port',
  ).optional(),
  clientCaFile: text(
    'File of authorities, PEM: clients of that port must present a certificate of one of them; default: any client is answered',
  ).optional(),
});

const log = section({
  level: choice(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'Least severe level that is logged',
  ).default('info'),
});

/**
 * The whole configuration: the shape of the file, and of what flags and environment add to it. A test compares
 * `docs/configuration.md` with it. The rules that span settings run even if a setting has a fault, so that all faults
 * show at once.
 */
export const configSchema = section({
  server: server.prefault({}),
  kubernetes: kubernetes.prefault({}),
  sls: slsSection.prefault({}),
  defaults: defaults.prefault({}),
  reading: readingSection.prefault({}),
  heartbeat: heartbeatSection.prefault({}),
  projects,
  access: accessSection.prefault({}),
  metrics: metricsSection,
  hosts,
  logColumns: logColumnsSection,
  telemetry: telemetrySection.prefault({}),
  keda: keda.prefault({}),
  log: log.prefault({}),
}).superRefine(
  (config, context) => {
    const wrong = new Set(context.issues.map(({ path = [] }) => pathText(path)));
    for (const { path, message } of spanningFaults(config, (one) => wrong.has(pathText(one))))
      context.addIssue({ code: 'custom', path: [...path], message });
  },
  { when: () => true },
);

export type Config = z.infer<typeof configSchema>;

/** Returns the address to listen on: without authentication, only loopback. */
export const bindAddressOf = ({ server: { bindAddress, authentication } }: Config): string =>
  bindAddress ?? (authentication === 'none' ? '127.0.0.1' : '0.0.0.0');
