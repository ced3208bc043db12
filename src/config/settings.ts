/** A setting that a flag or an environment variable can set, besides the file. */
export interface Setting {
  /** Path in the configuration file, for example `server.securePort`. */
  readonly path: string;
  /** The flag as commander takes it, for example `--secure-port <port>`. */
  readonly flag: string;
  /** Names that Alibaba Cloud and the stock adapter use. `SLS_METRICS_ADAPTER_…` takes precedence over them. */
  readonly alsoEnv?: readonly string[];
  /** How the text is converted; default: it stays text. */
  readonly as?: 'number' | 'seconds' | 'boolean' | 'list';
}

export const settings: readonly Setting[] = [
  { path: 'server.bindAddress', flag: '--bind-address <address>' },
  { path: 'server.securePort', flag: '--secure-port <port>', as: 'number' },
  { path: 'server.tlsCertFile', flag: '--tls-cert-file <file>' },
  { path: 'server.tlsPrivateKeyFile', flag: '--tls-private-key-file <file>' },
  { path: 'server.tlsMinVersion', flag: '--tls-min-version <version>' },
  { path: 'server.tlsCipherSuites', flag: '--tls-cipher-suites <suites>', as: 'list' },
  { path: 'server.certDir', flag: '--cert-dir <dir>' },
  { path: 'server.authentication', flag: '--authentication <mode>' },
  { path: 'server.shutdownDelaySeconds', flag: '--shutdown-delay-duration <duration>', as: 'seconds' },
  { path: 'kubernetes.kubeconfig', flag: '--kubeconfig <file>' },
  { path: 'kubernetes.serviceAccountDir', flag: '--service-account-dir <dir>' },
  { path: 'kubernetes.manageApiService', flag: '--manage-apiservice', as: 'boolean' },
  { path: 'kubernetes.serviceName', flag: '--service-name <name>' },
  { path: 'kubernetes.serviceNamespace', flag: '--service-namespace <namespace>' },
  { path: 'sls.region', flag: '--region <region>', alsoEnv: ['ALIBABA_CLOUD_REGION_ID', 'Region'] },
  { path: 'sls.network', flag: '--network <network>' },
  { path: 'sls.endpoint', flag: '--sls-endpoint <url>' },
  { path: 'defaults.project', flag: '--project <project>' },
  { path: 'defaults.logstore', flag: '--logstore <logstore>' },
  { path: 'reading.delaySeconds', flag: '--delay <seconds>', as: 'number' },
  { path: 'telemetry.port', flag: '--telemetry-port <port>', as: 'number' },
  { path: 'telemetry.bindAddress', flag: '--telemetry-bind-address <address>' },
  { path: 'telemetry.statusPage', flag: '--status-page', as: 'boolean' },
  { path: 'keda.port', flag: '--keda-port <port>', as: 'number' },
  { path: 'keda.clientCaFile', flag: '--keda-client-ca-file <file>' },
  { path: 'log.level', flag: '--log-level <level>' },
];

/** `--secure-port <port>` → `secure-port` */
export const flagName = ({ flag }: Setting) => /^--([a-z-]+)/.exec(flag)?.[1] ?? '';

/** `--secure-port <port>` → `securePort`: the key of commander's options. */
export const optionKey = (setting: Setting): string =>
  flagName(setting).replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Returns the environment variables of a setting. The first one that is set counts. */
export const environmentNames = (setting: Setting): readonly string[] => [
  `SLS_METRICS_ADAPTER_${flagName(setting).replaceAll('-', '_').toUpperCase()}`,
  ...(setting.alsoEnv ?? []),
];

export const configFileEnvironmentName = 'SLS_METRICS_ADAPTER_CONFIG';
