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
  bindAddress: text('Address that the API listens on').default('127.0.0.1'),
  securePort: whole(0, 65535, 'Port of the API; 0 takes any free one').default(6443),
  tlsCertFile: text('Serving certificate, PEM; default: a self-made one kept in certDir').optional(),
  tlsPrivateKeyFile: text('Private key of tlsCertFile, PEM').optional(),
  certDir: text('Where the self-made serving pair is kept').optional(),
  authentication: choice(
    ['none'],
    'Who may ask; `none` lets in everyone and is refused off loopback',
  ).default('none'),
});

const sls = z.strictObject({
  region: text('Region of the SLS projects, for example cn-beijing').optional(),
  network: choice(
    ['intranet', 'public', 'accelerate'],
    'Which of the endpoints of the region is used',
  ).default('intranet'),
  endpoint: z
    .url({ protocol: /^https?$/, error: 'must be a URL such as https://cn-beijing.log.aliyuncs.com' })
    .describe('Endpoint of SLS as a URL; overrides region, network and the label sls.internal.endpoint')
    .optional(),
  connectTimeoutSeconds: whole(1, 60, 'Until a connection to SLS stands').default(3),
  readTimeoutSeconds: whole(1, 60, 'Until SLS has answered one query in full').default(10),
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
  deadlineSeconds: whole(1, 29, 'For one read, all retries included').default(20),
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
 * is held to it by a test.
 */
export const configSchema = z
  .strictObject({
    server: server.prefault({}),
    sls: sls.prefault({}),
    defaults: defaults.prefault({}),
    reading: reading.prefault({}),
    log: log.prefault({}),
  })
  .superRefine(({ server: { bindAddress, tlsCertFile, tlsPrivateKeyFile }, sls: from }, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (from.region === undefined && from.endpoint === undefined) {
      refuse(['sls', 'region'], 'must be given, unless sls.endpoint is');
    }
    if ((tlsCertFile === undefined) !== (tlsPrivateKeyFile === undefined)) {
      const missing = tlsCertFile === undefined ? 'tlsCertFile' : 'tlsPrivateKeyFile';
      refuse(['server', missing], 'must be given: certificate and private key go together');
    }
    if (!isLoopback(bindAddress)) {
      refuse(
        ['server', 'bindAddress'],
        'must be a loopback address (127.0.0.1, ::1) where authentication is none',
      );
    }
  });

export type Config = z.infer<typeof configSchema>;

function isLoopback(address: string): boolean {
  if (isIP(address) === 4) return address.startsWith('127.');
  return address === '::1' || address === 'localhost';
}
