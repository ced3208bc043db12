import { z } from 'zod';

/*
 * The values of charts/sls-metrics-adapter beside `config`: their part of values.schema.json, and their meanings in the
 * chart's README. values.yaml has the defaults.
 */

const text = (meaning: string) => z.string().describe(meaning);
const onOff = (meaning: string) => z.boolean().describe(meaning);
const section = <T extends z.core.$ZodLooseShape>(shape: T) => z.strictObject(shape);

/** An object that goes to Kubernetes unchanged; see its documentation. `null` removes a default. */
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
      '`default`: environment variables, add-on token, default chain of Alibaba Cloud; `rrsa`: the RAM role of the ServiceAccount; `secret`: a key in a Secret; `node-role`: the RAM role of the nodes',
    ),
  rrsa: section({
    roleName: form(/^[\w.@-]{0,64}$/, 'Name of the RAM role, if the cluster has ack-pod-identity-webhook'),
    roleArn: form(/^(acs:ram::[0-9]+:role\/[\w.@-]+)?$/, 'ARN of the RAM role, without that webhook'),
    oidcProviderArn: form(
      /^(acs:ram::[0-9]+:oidc-provider\/\S+)?$/,
      "ARN of the cluster's OIDC provider, without that webhook",
    ),
  }),
  secret: section({
    name: name('Secret with the key. The adapter reads a rotated key without a restart'),
    accessKeyIdKey: text('Name of the access key id in the Secret'),
    accessKeySecretKey: text('Name of the access key secret in the Secret'),
    securityTokenKey: text('Name of the security token in the Secret; empty: it has none'),
  }),
  nodeRole: section({ name: form(/^[\w.@-]{0,64}$/, 'Name of the RAM role; empty: the one of the node') }),
});

const tls = section({
  mode: z
    .enum(['self-managed', 'cert-manager', 'existing-secret'])
    .describe(
      'Who issues the serving certificate; `self-managed`: the adapter, which also updates the caBundle',
    ),
  existingSecret: name('Secret of type kubernetes.io/tls, for `existing-secret`'),
  certManager: section({
    issuerRef: section({
      name: z.string(),
      kind: z.enum(['Issuer', 'ClusterIssuer']).optional(),
      group: z.string().optional(),
    })
      .partial()
      .describe('Issuer that sets ca.crt; empty: the chart creates its own CA'),
    duration: duration('Lifetime of a certificate'),
    renewBefore: duration('Time before its expiry at which a certificate is renewed'),
  }),
});

const apiService = section({
  create: onOff('Register external.metrics.k8s.io; false: you register it yourself, or it stays with KEDA'),
  annotations: texts('Annotations of the APIService'),
  caBundle: form(
    /^(\s*-----BEGIN CERTIFICATE-----[\s\S]*)?$/,
    'CA of the serving certificate, PEM, for `existing-secret`',
  ),
  insecureSkipTLSVerify: onOff(
    'Let the API server skip the check of the serving certificate; not together with caBundle',
  ),
});

const keda = section({
  enabled: onOff(
    'Serve the external scaler for KEDA: a port of the pods and the Service, open to `from` alone',
  ),
  port: z.int().min(1024).max(65535).describe('Port of the external scaler'),
  from: objects("Clients that can reach that port: the pods of KEDA's operator"),
  clientCaSecret: name(
    'Secret with `ca.crt`: clients of that port must present a certificate of this CA; empty: none is asked for',
  ),
});

const image = section({
  repository: form(/^([^\s/@]+\/)*[^\s/@:]+$/, 'Repository of the image, without a tag'),
  tag: form(/^(\w[\w.-]{0,127})?$/, "Tag; empty: the chart's appVersion"),
  digest: form(/^(sha256:[0-9a-f]{64})?$/, 'Digest; it overrides the tag'),
  pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).describe('When to pull the image'),
});

const podDisruptionBudget = section({
  enabled: onOff('Create a PodDisruptionBudget'),
  maxUnavailable: countOrShare('Pods that may be evicted at the same time; empty if minAvailable is set'),
  minAvailable: countOrShare('Pods that must stay; empty if maxUnavailable is set'),
  unhealthyPodEvictionPolicy: z
    .enum(['', 'AlwaysAllow', 'IfHealthyBudget'])
    .describe('AlwaysAllow lets pods that are not ready be evicted; not used before Kubernetes 1.26'),
});

const monitor = {
  labels: texts('Labels by which Prometheus selects it'),
  interval: duration('Scrape interval'),
  scrapeTimeout: duration('Timeout of a scrape'),
  tlsConfig: object(
    'How Prometheus checks the certificate; empty: by the CA of cert-manager in that tls.mode, else not at all',
  ),
  relabelings: objects('Relabelings of the target'),
  metricRelabelings: objects('Relabelings of the metrics'),
};

const rbac = section({
  create: onOff('Create roles and bindings'),
  metricsReaders: objects('Subjects that can read metrics'),
  aggregateToView: onOff('Let the ClusterRoles view, edit and admin read metrics'),
  scrapers: objects('Subjects that can read /metrics, for example the ServiceAccount of Prometheus'),
});

/** All but `config`, in the order of values.yaml. */
export const adapterValues = section({
  credentials,
  tls,
  apiService,
  keda,
  image,
  imagePullSecrets: objects('Secrets for pulling the image'),
  // `-test` is added to it.
  nameOverride: form(/^([a-z]([-a-z0-9]{0,56}[a-z0-9])?)?$/, 'Replaces the name of the chart'),
  fullnameOverride: form(/^([a-z]([-a-z0-9]{0,61}[a-z0-9])?)?$/, 'Replaces the name of all objects'),
  commonLabels: texts('Labels of all objects'),
  replicas: z.int().min(1).max(100).describe('Number of pods'),
  updateStrategy: section({
    type: z.enum(['RollingUpdate', 'Recreate']),
    rollingUpdate: z.looseObject({}).optional(),
  })
    .describe('Strategy of the Deployment; type `Recreate` ignores rollingUpdate')
    .optional(),
  revisionHistoryLimit: z.int().min(0).describe('Number of old ReplicaSets to keep'),
  podDisruptionBudget,
  priorityClassName: text('Priority class of the pods'),
  topologySpreadConstraints: objects(
    'Topology spread constraints of the pods; the chart adds the labels of the pods',
  ),
  nodeSelector: texts('Node selector of the pods'),
  affinity: object('Affinity of the pods'),
  tolerations: objects('Tolerations of the pods'),
  deploymentAnnotations: texts('Annotations of the Deployment'),
  podAnnotations: texts('Annotations of the pods'),
  podLabels: texts('Labels of the pods'),
  hostNetwork: onOff('Use the network of the node, for a control plane that cannot reach the pod network'),
  dnsPolicy: z
    .enum(['', 'ClusterFirst', 'ClusterFirstWithHostNet', 'Default'])
    .describe('DNS policy of the pods; empty: ClusterFirst, or ClusterFirstWithHostNet with hostNetwork'),
  containerPort: z
    .int()
    .min(1024)
    .max(65535)
    .describe(
      'Port that the pods listen on; the security group of an ACK control plane has 6443, another port needs a rule there',
    ),
  resources: object('Resources of the container'),
  startupProbe: object('Startup probe; null: none'),
  livenessProbe: object('Liveness probe; null: none'),
  readinessProbe: object('Readiness probe; null: none'),
  podSecurityContext: object('Security context of the pods'),
  securityContext: object('Security context of the container'),
  extraArgs: z.array(z.string().regex(/^--/)).describe('More flags of `serve`').optional(),
  extraEnv: z
    .array(z.looseObject({ name: z.string() }))
    .describe('Environment variables of the container; a `value` with an access key is refused')
    .optional(),
  extraEnvFrom: objects('Secrets and ConfigMaps whose entries become environment variables'),
  extraVolumes: objects('More volumes'),
  extraVolumeMounts: objects('More volume mounts of the container'),
  extraObjects: z
    .array(z.union([z.string(), z.looseObject({})]))
    .describe('More objects: as YAML, which is not templated, or as text with templates')
    .optional(),
  service: section({ annotations: texts('Annotations of the Service') }),
  serviceAccount: section({
    create: onOff('Create a ServiceAccount'),
    name: name('Its name; empty: that of the release, or `default` if none is created'),
    annotations: texts('Its annotations'),
  }),
  rbac,
  networkPolicy: section({
    enabled: onOff('Create a NetworkPolicy that allows connections only to the ports of the adapter'),
    podCIDRs: z
      .array(z.string().regex(/^[0-9a-fA-F.:]+\/[0-9]{1,3}$/))
      .describe('Addresses of pods. If set, pods reach the API only if `from` selects them')
      .optional(),
    from: objects('Clients that can reach the API; empty: all, or all that are no pods if `podCIDRs` is set'),
    scrapers: objects('Clients that can reach the plain port of `config.telemetry`; empty: those of the API'),
    egress: objects('Destinations of the pods; empty: all'),
  }),
  serviceMonitor: section({
    enabled: onOff('Create a ServiceMonitor'),
    ...monitor,
    bearerTokenFile: text("File with Prometheus's own token; empty: Prometheus sends none"),
  }),
  podMonitor: section({
    enabled: onOff('Create a PodMonitor; it uses the plain port if `config.telemetry.port` is set'),
    ...monitor,
    authorization: object('Secret with a token: `{ credentials: { name, key } }`'),
  }),
  prometheusRule: section({
    enabled: onOff('Create a PrometheusRule with the alerts of files/alerts.yaml'),
    labels: texts('Labels by which Prometheus selects it'),
    documentationUrl: form(
      /^https?:\/\/\S*[^/\s]$/,
      'Address of your copy of docs/; each alert links to its part of runbooks.md',
    ),
  }),
  dashboard: section({
    enabled: onOff('Create a ConfigMap with the Grafana dashboard of files/dashboard.json'),
    labels: texts('Labels by which the sidecar of Grafana selects it'),
    annotations: texts('Its annotations'),
    namespace: name('Its Namespace; empty: that of the release'),
  }),
  test: section({
    enabled: onOff('Create a pod for `helm test`'),
    metric: text('Metric that `helm test` reads; empty: none, only whether the API is served'),
    selector: text('Its labels, such as `sls.project=P,sls.logstore=L,sls.ingress.route=R`'),
    namespace: name('Namespace of that read, as of an HPA; empty: that of the release'),
  }),
});
