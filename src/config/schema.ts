import { isIP } from 'node:net';
import { z } from 'zod';
import { accessSection } from './access-section.ts';
import { metricsSection } from './metrics-section.ts';
import { choice, formed, onOff, section, text, whole } from './leaf.ts';
import { readingOverride, readingSection } from './reading-section.ts';
import { pathText, type SettingPath } from './setting-path.ts';
import { slsOverride, slsSection } from './sls-section.ts';
import { coveredFaults, orderFaults, placeFaults } from './spanning-rules.ts';
import { telemetrySection } from './telemetry-section.ts';

const server = section({
  bindAddress: text(
    'Address that the API listens on; without it, 127.0.0.1 where authentication is none, else 0.0.0.0',
  ).optional(),
  securePort: whole(0, 65535, 'Port of the API; 0 takes any free one').default(6443),
  tlsCertFile: text('Serving certificate, PEM; without it, a self-made one').optional(),
  tlsPrivateKeyFile: text('Private key of the serving certificate, PEM').optional(),
  certDir: text(
    'Where a self-made certificate is kept; without it, sls-metrics-adapter below $XDG_CACHE_HOME or ~/.cache',
  ).optional(),
  authentication: choice(
    ['delegated', 'none'],
    'Who may ask: `delegated` asks the API server; `none` lets everyone in, and is refused off loopback',
  ).default('delegated'),
  maxRequestsInFlight: whole(1, 100_000, 'How many requests are answered at a time').default(400),
  shutdownDelaySeconds: whole(
    0,
    60,
    'How long the API still serves after SIGTERM, while readiness fails already',
  ).default(8),
});

const autoscalerNamespaces = z
  .array(
    formed(
      /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
      'must be a namespace: up to 63 lower-case letters, digits and hyphens',
      'A namespace',
    ),
    { error: 'must be a list of namespaces' },
  )
  .superRefine(
    (names, context) => {
      for (const [index, name] of names.entries()) {
        if (names.indexOf(name) < index)
          context.addIssue({ code: 'custom', path: [index], message: 'must not be there twice' });
      }
    },
    { when: ({ value }) => Array.isArray(value) },
  )
  .describe('List of the namespaces whose HPAs are watched; empty: all')
  .default([]);

const kubernetes = section({
  kubeconfig: text('How to reach the API server; without it, as a pod does').optional(),
  serviceAccountDir: text(
    'Where the service account is mounted (token, ca.crt, namespace); without it, where Kubernetes mounts it',
  ).optional(),
  manageApiService: onOff('Keep the caBundle of the APIService current, for a self-made certificate').default(
    false,
  ),
  serviceName: text('Service in front of the adapter: in the certificate, and in the APIService').default(
    'sls-metrics-adapter',
  ),
  serviceNamespace: text('Namespace of that Service; without it, the one of the pod').optional(),
  watchAutoscalers: onOff(
    'Keep fresh what the HPAs of the cluster name; needs the right to list and watch them',
  ).default(true),
  autoscalerNamespaces,
  events: onOff(
    'Write an Event on each HPA whose metric is refused or failing; needs watchAutoscalers, and the right to create and patch Events',
  ).default(false),
});

const defaults = section({
  project: text('Used where a selector has no sls.project').optional(),
  logstore: text('Used where a selector has no sls.logstore').optional(),
});

/** In the file's order: the first whose pattern matches is the project's. */
const projects = z
  .array(
    section({
      project: formed(
        /^(\*|[a-z0-9*][-a-z0-9*]{0,61}[a-z0-9*])$/,
        'must be a project such as k8s-log-c1, or a pattern such as k8s-log-*',
        'Project that the entry is for, or a pattern of projects, with * for any text',
      ),
      reading: readingOverride.describe('Settings of reading that are different for it').optional(),
      sls: slsOverride.describe('Settings of sls that are different for it').optional(),
    }),
    { error: 'must be a list of projects' },
  )
  .default([]);

const log = section({
  level: choice(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'Least severe level logged',
  ).default('info'),
});

/**
 * The whole configuration: the shape of the file, and what flags and environment add up to. `docs/configuration.md`
 * is held to it by a test. The rules that span settings are checked whatever else is wrong, so that all faults show
 * at once.
 */
export const configSchema = z
  .strictObject({
    server: server.prefault({}),
    kubernetes: kubernetes.prefault({}),
    sls: slsSection.prefault({}),
    defaults: defaults.prefault({}),
    reading: readingSection.prefault({}),
    projects,
    access: accessSection.prefault({}),
    metrics: metricsSection,
    telemetry: telemetrySection.prefault({}),
    log: log.prefault({}),
  })
  .refine(({ sls: { region, endpoint } }) => region !== undefined || endpoint !== undefined, {
    path: ['sls', 'region'],
    error: 'must be given, unless sls.endpoint is',
    when: standing('sls'),
  })
  .refine(({ server: own }) => own.tlsCertFile !== undefined || own.tlsPrivateKeyFile === undefined, {
    path: ['server', 'tlsCertFile'],
    error: 'must be given: certificate and private key go together',
    when: standing('server'),
  })
  .refine(({ server: own }) => own.tlsPrivateKeyFile !== undefined || own.tlsCertFile === undefined, {
    path: ['server', 'tlsPrivateKeyFile'],
    error: 'must be given: certificate and private key go together',
    when: standing('server'),
  })
  .refine(
    ({ kubernetes: own, server: { tlsCertFile } }) => !own.manageApiService || tlsCertFile === undefined,
    {
      path: ['kubernetes', 'manageApiService'],
      error:
        'must be false where server.tlsCertFile is given: whoever made that certificate knows its authority',
      when: standing('kubernetes', 'server'),
    },
  )
  .refine(({ server: own }) => own.authentication !== 'none' || isLoopback(own.bindAddress ?? loopback), {
    path: ['server', 'bindAddress'],
    error: 'must be a loopback address (127.0.0.1, ::1) where authentication is none',
    when: standing('server'),
  })
  .refine(({ telemetry: { port, statusPage } }) => !statusPage || port !== undefined, {
    path: ['telemetry', 'port'],
    error: 'must be given where telemetry.statusPage is true',
    when: standing('telemetry'),
  })
  .superRefine(
    (config, context) => {
      const wrong = new Set(context.issues.map(({ path = [] }) => pathText(path)));
      const isWrong = (path: SettingPath) => wrong.has(pathText(path));
      const faults = [...orderFaults(config, isWrong), ...coveredFaults(config), ...placeFaults(config)];
      for (const { path, message } of faults) context.addIssue({ code: 'custom', path: [...path], message });
    },
    { when: () => true },
  );

export type Config = z.infer<typeof configSchema>;

const loopback = '127.0.0.1';

/** Where to listen: everyone is let in on loopback alone. */
export const bindAddressOf = ({ server: { bindAddress, authentication } }: Config): string =>
  bindAddress ?? (authentication === 'none' ? loopback : '0.0.0.0');

function isLoopback(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith('127.');
  return address === '::1' || address === 'localhost';
}

/** A section that is no mapping is a fault already. */
function standing(...sections: readonly ('server' | 'kubernetes' | 'sls' | 'telemetry')[]) {
  return ({ value }: { readonly value: unknown }): boolean =>
    sections.every((section) => {
      const own = (value as Readonly<Record<string, unknown>>)[section];
      return typeof own === 'object' && own !== null && !Array.isArray(own);
    });
}
