import { z } from 'zod';

/*
 * The values of charts/sls-metrics-adapter that are the chart's own: what of values.schema.json does not come from the
 * adapter's configuration, and the meanings in the chart's README. Defaults are those of values.yaml.
 */

const text = (meaning: string) => z.string().describe(meaning);
const onOff = (meaning: string) => z.boolean().describe(meaning);
const section = <T extends z.core.$ZodLooseShape>(shape: T) => z.strictObject(shape);

/** Passed on to Kubernetes, whose own documentation says what may be in it. `null` takes a default away. */
const object = (meaning: string) => z.looseObject({}).describe(meaning).optional();
const objects = (meaning: string) => z.array(z.looseObject({})).describe(meaning).optional();
const texts = (meaning: string) => z.record(z.string(), z.string()).describe(meaning).optional();

const form = (pattern: RegExp, meaning: string) => z.string().regex(pattern).describe(meaning);
const name = (meaning: string) => form(/^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$/, meaning);
const duration = (meaning: string) => form(/^([0-9]+(h|m|s))+$/, meaning);
const countOrShare = (meaning: string) =>
  z.union([z.int().min(1), z.string().regex(/^([1-9][0-9]*%)?$/)]).describe(meaning);

const credentials = section({
  source: z
    .enum(['default', 'rrsa', 'secret', 'node-role'])
    .describe(
      '`default`: variables, add-on token, default chain of Alibaba Cloud; `rrsa`: the RAM role of the ServiceAccount; `secret`: a key in a Secret; `node-role`: the RAM role of the nodes',
    ),
  rrsa: section({
    roleName: form(/^[\w.@-]{0,64}$/, 'With ack-pod-identity-webhook in the cluster: name of the RAM role'),
    roleArn: form(/^(acs:ram::[0-9]+:role\/[\w.@-]+)?$/, 'Without that webhook: ARN of the RAM role'),
    oidcProviderArn: form(
      /^(acs:ram::[0-9]+:oidc-provider\/\S+)?$/,
      "Without that webhook: ARN of the cluster's OIDC provider",
    ),
  }),
  secret: section({
    name: name('Secret with the key. A rotated key is taken up without a restart'),
    accessKeyIdKey: text('How the Secret calls the id'),
    accessKeySecretKey: text('How the Secret calls the secret'),
    securityTokenKey: text('How the Secret calls the security token; empty: it has none'),
  }),
  nodeRole: section({ name: form(/^[\w.@-]{0,64}$/, 'Name of the RAM role; empty: whichever the node has') }),
});

const tls = section({
  mode: z
    .enum(['self-managed', 'cert-manager', 'existing-secret'])
    .describe(
      'Who issues the serving certificate; `self-managed`: the adapter, which keeps the caBundle current',
    ),
  existingSecret: name('Secret of type kubernetes.io/tls, for `existing-secret`'),
  certManager: section({
    issuerRef: section({
      name: z.string(),
      kind: z.enum(['Issuer', 'ClusterIssuer']).optional(),
      group: z.string().optional(),
    })
      .partial()
      .describe("Issuer that fills ca.crt; empty: an authority of the chart's own"),
    duration: duration('How long a certificate is valid'),
    renewBefore: duration('How long before its end it is renewed'),
  }),
});

const apiService = section({
  create: onOff('Register external.metrics.k8s.io; false: someone else does'),
  annotations: texts('Annotations of the APIService'),
  caBundle: form(
    /^(\s*-----BEGIN CERTIFICATE-----[\s\S]*)?$/,
    'Authority of the serving certificate, PEM, for `existing-secret`',
  ),
  insecureSkipTLSVerify: onOff('Have the API server not check who serves; never beside caBundle'),
});

const image = section({
  repository: form(/^([^\s/@]+\/)*[^\s/@:]+$/, 'Where the image was pushed, without a tag'),
  tag: form(/^(\w[\w.-]{0,127})?$/, "Tag; empty: the chart's appVersion"),
  digest: form(/^(sha256:[0-9a-f]{64})?$/, 'Digest, which goes before the tag'),
  pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).describe('When it is pulled'),
});

const podDisruptionBudget = section({
  enabled: onOff('Make a PodDisruptionBudget'),
  maxUnavailable: countOrShare('How many pods an eviction may take; empty where minAvailable is given'),
  minAvailable: countOrShare('How many pods must stay'),
  unhealthyPodEvictionPolicy: z
    .enum(['', 'AlwaysAllow', 'IfHealthyBudget'])
    .describe('Whether pods that are not ready may always be evicted; left out before Kubernetes 1.26'),
});

const monitor = {
  labels: texts('Labels by which Prometheus finds it'),
  interval: duration('How often it is scraped'),
  scrapeTimeout: duration('How long that may take'),
  tlsConfig: object(
    "How the certificate is checked; empty: by cert-manager's authority where that issues, else not",
  ),
  relabelings: objects('Relabelings of the target'),
  metricRelabelings: objects('Relabelings of the metrics'),
};

const rbac = section({
  create: onOff('Make roles and bindings'),
  metricsReaders: objects('Subjects that may read metrics'),
  aggregateToView: onOff('Let the ClusterRoles view, edit and admin read metrics too'),
  scrapers: objects('Subjects that may read /metrics, for example the ServiceAccount of Prometheus'),
});

/** All but `config`, in the order of values.yaml. */
export const adapterValues = section({
  credentials,
  tls,
  apiService,
  image,
  imagePullSecrets: objects('Secrets to pull the image with'),
  // `-test` comes behind it.
  nameOverride: form(/^([a-z]([-a-z0-9]{0,56}[a-z0-9])?)?$/, 'In place of the name of the chart'),
  fullnameOverride: form(/^([a-z]([-a-z0-9]{0,61}[a-z0-9])?)?$/, 'In place of the name of all objects'),
  commonLabels: texts('Labels of all objects'),
  replicas: z.int().min(1).max(100).describe('How many pods there are'),
  updateStrategy: section({
    type: z.enum(['RollingUpdate', 'Recreate']),
    rollingUpdate: z.looseObject({}).optional(),
  })
    .describe('Strategy of the Deployment; with type `Recreate`, rollingUpdate is left out')
    .optional(),
  revisionHistoryLimit: z.int().min(0).describe('How many old ReplicaSets are kept'),
  podDisruptionBudget,
  priorityClassName: text('Priority class of the pods'),
  topologySpreadConstraints: objects('Where the pods go; the labels of the pods are added'),
  nodeSelector: texts('Nodes that the pods may go to'),
  affinity: object('Affinity of the pods'),
  tolerations: objects('Tolerations of the pods'),
  deploymentAnnotations: texts('Annotations of the Deployment'),
  podAnnotations: texts('Annotations of the pods'),
  podLabels: texts('Labels of the pods'),
  containerPort: z.int().min(1024).max(65535).describe('Port that the pods listen on'),
  resources: object('Resources of the container'),
  startupProbe: object('Startup probe; null: none'),
  livenessProbe: object('Liveness probe; null: none'),
  readinessProbe: object('Readiness probe; null: none'),
  podSecurityContext: object('Security context of the pods'),
  securityContext: object('Security context of the container'),
  extraArgs: z.array(z.string().regex(/^--/)).describe('Further flags of `serve`').optional(),
  extraEnv: z
    .array(z.looseObject({ name: z.string() }))
    .describe('Variables of the container; a key is refused in a `value`')
    .optional(),
  extraEnvFrom: objects('Secrets and ConfigMaps whose entries become variables'),
  extraVolumes: objects('Further volumes'),
  extraVolumeMounts: objects('Further mounts of the container'),
  extraObjects: z
    .array(z.union([z.string(), z.looseObject({})]))
    .describe('Whole objects, as YAML, which stays as it is, or as text with templates in it')
    .optional(),
  service: section({ annotations: texts('Annotations of the Service') }),
  serviceAccount: section({
    create: onOff('Make a ServiceAccount'),
    name: name('Its name; empty: that of the release, or `default` where none is made'),
    annotations: texts('Its annotations'),
  }),
  rbac,
  networkPolicy: section({
    enabled: onOff('Make a NetworkPolicy that lets the port of the API in and nothing else'),
    from: objects(
      'Who may reach the API; empty: everyone, for the API server comes from outside of the pods',
    ),
    egress: objects('Where the pods may go; empty: everywhere'),
  }),
  serviceMonitor: section({
    enabled: onOff('Make a ServiceMonitor'),
    ...monitor,
    bearerTokenFile: text("File with Prometheus's own token; empty: none is sent"),
  }),
  podMonitor: section({
    enabled: onOff('Make a PodMonitor, of the plain port where `config.telemetry.port` is given'),
    ...monitor,
    authorization: object('Secret with a token: `{ credentials: { name, key } }`'),
  }),
  prometheusRule: section({
    enabled: onOff('Make a PrometheusRule with the alerts of files/alerts.yaml'),
    labels: texts('Labels by which Prometheus finds it'),
    documentationUrl: form(
      /^https?:\/\/\S*[^/\s]$/,
      'Where docs/ is read; each alert links to its part of troubleshooting.md',
    ),
  }),
  dashboard: section({
    enabled: onOff('Make a ConfigMap with the Grafana dashboard of files/dashboard.json'),
    labels: texts('Labels by which the sidecar of Grafana finds it'),
    annotations: texts('Its annotations'),
    namespace: name('Its Namespace; empty: that of the release'),
  }),
  test: section({ enabled: onOff('Have a pod for `helm test`') }),
});
