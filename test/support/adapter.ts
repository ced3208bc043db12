import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { loadConfig } from '../../src/config/load.ts';
import { startService } from '../../src/service.ts';
import type { Dependencies } from '../../src/service/dependencies.ts';
import { fixedCredentials } from './fixed-credentials.ts';
import { TestClock } from './test-clock.ts';
import { createEventLog } from '../../src/telemetry/event-log.ts';

export interface Reply {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
  /** The text as JSON. */
  readonly body: unknown;
}

/** An adapter over real TLS on a free port, and a client that trusts it. */
export interface TestAdapter extends AsyncDisposable {
  readonly url: string;
  /** Undefined without the flag `kedaPort`. */
  readonly kedaUrl: string | undefined;
  readonly certificateFile: string;
  request(path: string, options?: https.RequestOptions): Promise<Reply>;
  /** Reads a metric in namespace `default`. The labels are as in an HPA's matchLabels. */
  read(metric: string, labels: Readonly<Record<string, string>>): Promise<Reply>;
  /** All log lines so far, parsed. */
  readonly logLines: readonly Readonly<Record<string, unknown>>[];
}

export const project = 'k8s-log-test';
export const logstore = 'nginx-ingress';
export const accessKey = { id: 'test-id', secret: 'test-secret' };

export const basePath = '/apis/external.metrics.k8s.io/v1beta1';

export const selectorOf = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');

export const readPath = (metric: string, selector: string, namespace = 'default') =>
  `${basePath}/namespaces/${namespace}/${metric}?labelSelector=${encodeURIComponent(selector)}`;

/**
 * Starts an adapter in this process.
 *
 * @param flags command-line options by key, such as `{ slsEndpoint: emulator.url }`
 * @param file text of the configuration file
 */
export async function startAdapter(
  flags: Readonly<Record<string, string>>,
  dependencies: Partial<Dependencies> = {},
  file = '{}',
): Promise<TestAdapter> {
  const certDir = await mkdtemp(join(tmpdir(), 'adapter-'));
  const configFile = join(certDir, 'config.yaml');
  await writeFile(configFile, file);
  const config = loadConfig({
    flags: {
      config: configFile,
      authentication: 'none',
      shutdownDelayDuration: '0s',
      securePort: '0',
      certDir,
      logLevel: 'debug',
      ...flags,
    },
    env: {},
  });
  const logLines: Record<string, unknown>[] = [];
  const logger = pino(
    { level: config.log.level },
    { write: (line: string) => logLines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const service = await startService(
    config,
    {
      clock: Date,
      monotonicMs: monotonicOf(dependencies.clock),
      random: () => 0,
      env: {},
      credentials: fixedCredentials({ accessKeyId: accessKey.id, accessKeySecret: accessKey.secret }),
      ...dependencies,
    },
    createEventLog(logger),
  );
  const ca = await readFile(service.certificateFile, 'utf8');
  const agent = new https.Agent({ keepAlive: true, ca });
  const request = (path: string, options: https.RequestOptions = {}) =>
    send(new URL(path, service.url), { agent, ...options });
  return {
    url: service.url,
    kedaUrl: service.kedaUrl,
    certificateFile: service.certificateFile,
    logLines,
    request,
    read: (metric, labels) => request(readPath(metric, selectorOf(labels))),
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      await service.stop('the test ends');
      await rm(certDir, { recursive: true });
    },
  };
}

/** The time of a clock that moves by the test is monotonic time too. */
const monotonicOf = (clock: Dependencies['clock'] = performance) =>
  clock instanceof TestClock ? clock.monotonicMs : () => clock.now();

function send(url: URL, options: https.RequestOptions): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = https.request(url, options, (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.on('error', reject);
      reply.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString();
        const { statusCode = 0, headers } = reply;
        resolve({
          statusCode,
          headers,
          bytes,
          text,
          body: text.startsWith('{') ? (JSON.parse(text) as unknown) : undefined,
        });
      });
    });
    request.on('error', reject);
    request.end();
  });
}
