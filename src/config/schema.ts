import { isIP } from 'node:net';
import { z } from 'zod';

/** A whole number; `what` is its meaning for the docs, with the unit. */
const whole = (least: number, most: number, what: string) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error }).describe(what);
};

const text = (what: string) =>
  z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' }).describe(what);

const choice = <const T extends readonly [string, ...string[]]>(values: T, what: string) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` }).describe(what);

const server = z.strictObject({
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

const kubernetes = z.strictObject({
  kubeconfig: text('How to reach the API server; without it, as a pod does').optional(),
  manageApiService: z
    .boolean({ error: 'must be true or false' })
    .describe('Keep the caBundle of the APIService current, for a self-made certificate')
    .default(false),
  serviceName: text('Service in front of the adapter: in the certificate, and in the APIService').default(
    'sls-metrics-adapter',
  ),
  serviceNamespace: text('Namespace of that Service; without it, the one of the pod').optional(),
});

const endpointError = 'must be a URL such as https://cn-beijing.log.aliyuncs.com or http://127.0.0.1:8088';

const sls = z.strictObject({
  region: z
    .string({ error: 'must be text' })
    .regex(/^[a-z0-9-]+$/, { error: 'must be a region such as cn-beijing' })
    .describe('Region of the SLS projects, for example cn-beijing')
    .optional(),
  network: choice(
    ['intranet', 'public', 'accelerate'],
    'Which endpoint of the region is used; the label sls.internal.endpoint overrides it',
  ).default('intranet'),
  endpoint: z
    .url({ error: endpointError })
    .refine(isEndpoint, { error: endpointError })
    .describe('Endpoint of SLS as a URL; overrides region, network and the label sls.internal.endpoint')
    .optional(),
  connectTimeoutSeconds: whole(1, 60, 'How long connecting to SLS may take').default(3),
  readTimeoutSeconds: whole(1, 60, 'How long SLS may take to answer one query').default(10),
});

const defaults = z.strictObject({
  project: text('Used where a selector has no sls.project').optional(),
  logstore: text('Used where a selector has no sls.logstore').optional(),
});

const reading = z.strictObject({
  freshnessSeconds: whole(0, 60, 'For how long a reading is served again without asking SLS').default(5),
  delaySeconds: whole(0, 600, 'How long before now a window ends, unless sls.query.delay says it').default(
    10,
  ),
  deadlineSeconds: whole(1, 20, 'How long one read may take, retries included').default(20),
  maxSeries: whole(1, 1_000_000, 'How many readings are kept at most').default(50_000),
});

const log = z.strictObject({
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
    sls: sls.prefault({}),
    defaults: defaults.prefault({}),
    reading: reading.prefault({}),
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
  });

export type Config = z.infer<typeof configSchema>;

const loopback = '127.0.0.1';

/** Where to listen: everyone is let in on loopback alone. */
export const bindAddressOf = ({ server: { bindAddress, authentication } }: Config): string =>
  bindAddress ?? (authentication === 'none' ? loopback : '0.0.0.0');

function isLoopback(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith('127.');
  return address === '::1' || address === 'localhost';
}

function isEndpoint(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  return url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
}

/** A section that is no mapping is a fault already. */
function standing(...sections: readonly ('server' | 'kubernetes' | 'sls')[]) {
  return ({ value }: { readonly value: unknown }): boolean =>
    sections.every((section) => {
      const own = (value as Readonly<Record<string, unknown>>)[section];
      return typeof own === 'object' && own !== null && !Array.isArray(own);
    });
}
