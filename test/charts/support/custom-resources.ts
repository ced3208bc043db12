/**
 * Types of the custom resources in the charts, with the fields that the charts use. Other fields are refused. Sources: the
 * CustomResourceDefinitions of prometheus-operator (monitoring.coreos.com/v1) and cert-manager (cert-manager.io/v1).
 */
interface Metadata {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

interface Selector {
  matchLabels?: Record<string, string>;
}

interface Relabeling {
  sourceLabels?: string[];
  separator?: string;
  targetLabel?: string;
  regex?: string;
  replacement?: string;
  action?: string;
}

interface SecretKey {
  name: string;
  key: string;
  optional?: boolean;
}

interface TlsConfig {
  ca?: { secret?: SecretKey; configMap?: SecretKey };
  caFile?: string;
  serverName?: string;
  insecureSkipVerify?: boolean;
}

interface Endpoint {
  port?: string;
  path?: string;
  scheme?: 'http' | 'https';
  interval?: string;
  scrapeTimeout?: string;
  honorLabels?: boolean;
  bearerTokenFile?: string;
  authorization?: { type?: string; credentials?: SecretKey };
  tlsConfig?: TlsConfig;
  relabelings?: Relabeling[];
  metricRelabelings?: Relabeling[];
}

interface MonitorSpec {
  jobLabel?: string;
  selector: Selector;
  namespaceSelector?: { any?: boolean; matchNames?: string[] };
}

export interface ServiceMonitor {
  apiVersion: 'monitoring.coreos.com/v1';
  kind: 'ServiceMonitor';
  metadata: Metadata;
  spec: MonitorSpec & { endpoints: Endpoint[] };
}

export interface PodMonitor {
  apiVersion: 'monitoring.coreos.com/v1';
  kind: 'PodMonitor';
  metadata: Metadata;
  spec: MonitorSpec & { podMetricsEndpoints: Omit<Endpoint, 'bearerTokenFile'>[] };
}

interface Rule {
  alert?: string;
  record?: string;
  expr: string | number;
  for?: string;
  keep_firing_for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface PrometheusRule {
  apiVersion: 'monitoring.coreos.com/v1';
  kind: 'PrometheusRule';
  metadata: Metadata;
  spec: { groups: { name: string; interval?: string; rules: Rule[] }[] };
}

export interface Certificate {
  apiVersion: 'cert-manager.io/v1';
  kind: 'Certificate';
  metadata: Metadata;
  spec: {
    secretName: string;
    commonName?: string;
    dnsNames?: string[];
    duration?: string;
    renewBefore?: string;
    isCA?: boolean;
    usages?: string[];
    revisionHistoryLimit?: number;
    secretTemplate?: { labels?: Record<string, string>; annotations?: Record<string, string> };
    privateKey?: {
      algorithm?: 'RSA' | 'ECDSA' | 'Ed25519';
      encoding?: 'PKCS1' | 'PKCS8';
      size?: number;
      rotationPolicy?: 'Never' | 'Always';
    };
    issuerRef: { name: string; kind?: 'Issuer' | 'ClusterIssuer'; group?: string };
  };
}

export interface Issuer {
  apiVersion: 'cert-manager.io/v1';
  kind: 'Issuer';
  metadata: Metadata;
  spec: { selfSigned: object } | { ca: { secretName: string } };
}

/** Source: ACK, "Custom priority-based scheduling for elastic resources" (scheduling.alibabacloud.com/v1alpha1). */
export interface ResourcePolicy {
  apiVersion: 'scheduling.alibabacloud.com/v1alpha1';
  kind: 'ResourcePolicy';
  metadata: Metadata;
  spec: {
    selector: Record<string, string>;
    strategy: 'prefer';
    units: { resource: 'ecs' | 'eci'; nodeSelector?: Record<string, string>; max?: number }[];
  };
}
