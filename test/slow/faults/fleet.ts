import { readFile } from 'node:fs/promises';
import https from 'node:https';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import { AdapterError } from '../../../src/errors.ts';
import type { Credentials, CredentialSource } from '../../../src/sls/credentials/credentials.ts';
import { accessKey, project, startAdapter, type TestAdapter } from '../../support/adapter.ts';
import { configText, type FleetSettings } from './fleet-settings.ts';
import { ReadChecker } from './read-checker.ts';
import { KnownLog, routesOf, type KnownRoute } from './known-log.ts';
import { Relay } from './relay.ts';
import { SteadyReads } from './steady-reads.ts';

export const logstores = ['nginx-ingress', 'nginx-other'] as const;
export const rightCredentials: Credentials = { accessKeyId: accessKey.id, accessKeySecret: accessKey.secret };
const routesPerLogstore = 12;
const retentionSeconds = 120;

/** A clock that can be set to another time. */
class SteppedClock {
  stepMs = 0;

  now(): number {
    return Date.now() + this.stepMs;
  }
}

/** Credentials that can be changed or removed. Each query requests them. */
class RevocableCredentials implements CredentialSource {
  /** Undefined: there are no credentials. */
  value: Credentials | undefined = rightCredentials;
  requests = 0;

  current(): Promise<Credentials> {
    this.requests += 1;
    if (this.value !== undefined) return Promise.resolve(this.value);
    return Promise.reject(new AdapterError('CredentialsMissing', 'no credentials for SLS were found'));
  }
}

/** An adapter over HTTPS, an SLS behind a relay, and clients that read every route once a second. */
export interface Fleet extends AsyncDisposable {
  readonly settings: FleetSettings;
  readonly routes: readonly KnownRoute[];
  /** The adapter's clock. SLS uses the system's. */
  readonly clock: SteppedClock;
  readonly credentials: RevocableCredentials;
  readonly checker: ReadChecker;
  readonly sls: Emulator;
  readonly network: Relay;
  readonly adapter: TestAdapter;
  readonly reading: SteadyReads;
  /** Pauses the reads and closes their connections. Resolves once no read is in flight. */
  pause(): Promise<void>;
}

/** Resolves once every route has a fresh reading. */
export async function startFleet(settings: FleetSettings): Promise<Fleet> {
  const routes = routesOf(logstores, routesPerLogstore);
  const [clock, credentials, checker] = [
    new SteppedClock(),
    new RevocableCredentials(),
    new ReadChecker(settings),
  ];
  const log = new KnownLog(routes);
  const ending = new AbortController();
  await using resources = new AsyncDisposableStack();
  const sls = resources.use(
    await startEmulator({
      logstores: logstores.map((logstore) => ({ project, logstore })),
      accessKey,
      ingestLagMs: log.ingestLagMs,
      retentionSeconds,
    }),
  );
  await log.write(sls);
  const network = resources.use(await Relay.start(sls.url));
  const flags = { slsEndpoint: network.url, logLevel: 'silent' };
  const monotonicMs = () => performance.now();
  const dependencies = { clock, monotonicMs, credentials, random: Math.random };
  const adapter = resources.use(await startAdapter(flags, dependencies, configText(settings)));
  const agent = new https.Agent({ keepAlive: true, ca: await readFile(adapter.certificateFile) });
  const send = (path: string) => adapter.request(path, { agent });
  const reading = new SteadyReads({ routes, settings, checker, clock, send });
  const running = Promise.all([log.keepWriting(sls, ending.signal), reading.run(ending.signal)]);
  resources.defer(async () => {
    ending.abort();
    reading.resume();
    await running;
    agent.destroy();
  });
  await reading.waitForRecovery();
  const stopping = resources.move();
  return {
    ...{ settings, routes, clock, credentials, checker, sls, network, adapter, reading },
    pause: async () => {
      await reading.pause();
      agent.destroy();
    },
    [Symbol.asyncDispose]: () => stopping.disposeAsync(),
  };
}
