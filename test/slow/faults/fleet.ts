import { readFile } from 'node:fs/promises';
import https from 'node:https';
import { startEmulator, type Emulator } from '../../../emulator/emulator.ts';
import { AdapterError } from '../../../src/errors.ts';
import type { Credentials, CredentialSource } from '../../../src/sls/credentials/credentials.ts';
import { accessKey, project, startAdapter, type TestAdapter } from '../../support/adapter.ts';
import { configText, type FleetSettings } from './fleet-settings.ts';
import { Judge } from './read-checker.ts';
import { KnownLog, routesOf, type KnownRoute } from './known-log.ts';
import { Relay } from './relay.ts';
import { SteadyReads } from './steady-reads.ts';

export const logstores = ['nginx-ingress', 'nginx-other'] as const;
export const rightCredentials: Credentials = { accessKeyId: accessKey.id, accessKeySecret: accessKey.secret };
const routesPerLogstore = 12;
const retentionSeconds = 120;

/** Steps as a clock does that somebody sets. */
export class SteppedClock {
  stepMs = 0;

  now(): number {
    return Date.now() + this.stepMs;
  }
}

/** Credentials that can be taken away. Each query asks for them. */
export class GivenCredentials implements CredentialSource {
  /** Undefined: none are to be had. */
  given: Credentials | undefined = rightCredentials;
  asked = 0;

  current(): Promise<Credentials> {
    this.asked += 1;
    if (this.given !== undefined) return Promise.resolve(this.given);
    return Promise.reject(new AdapterError('CredentialsMissing', 'no credentials for SLS were found'));
  }
}

/** An adapter over HTTPS, an SLS behind a network of its own, and HPAs that read every route once a second. */
export interface Fleet extends AsyncDisposable {
  readonly settings: FleetSettings;
  readonly routes: readonly KnownRoute[];
  /** The adapter's. SLS has the system's. */
  readonly clock: SteppedClock;
  readonly credentials: GivenCredentials;
  readonly judge: Judge;
  readonly sls: Emulator;
  readonly network: Relay;
  readonly adapter: TestAdapter;
  readonly reading: SteadyReads;
  /** Reads pause, and no connection of theirs is left; resolves once none is under way. */
  rest(): Promise<void>;
}

/** Resolves once every route has been read fresh. */
export async function startFleet(settings: FleetSettings): Promise<Fleet> {
  const routes = routesOf(logstores, routesPerLogstore);
  const [clock, credentials, judge] = [new SteppedClock(), new GivenCredentials(), new Judge(settings)];
  const log = new KnownLog(routes);
  const ending = new AbortController();
  await using standing = new AsyncDisposableStack();
  const sls = standing.use(
    await startEmulator({
      listenHost: '127.0.0.1',
      listenPort: 0,
      logstores: logstores.map((logstore) => ({ project, logstore })),
      accessKey,
      ingestLagMs: log.ingestLagMs,
      retentionSeconds,
    }),
  );
  await log.write(sls);
  const network = standing.use(await Relay.start(sls.url));
  const flags = { slsEndpoint: network.url, logLevel: 'silent' };
  const around = { clock, credentials, random: Math.random };
  const adapter = standing.use(await startAdapter(flags, around, configText(settings)));
  const agent = new https.Agent({ keepAlive: true, ca: await readFile(adapter.certificateFile) });
  const send = (path: string) => adapter.request(path, { agent });
  const reading = new SteadyReads({ routes, settings, judge, clock, send });
  const running = Promise.all([log.keepWriting(sls, ending.signal), reading.run(ending.signal)]);
  standing.defer(async () => {
    ending.abort();
    reading.resume();
    await running;
    agent.destroy();
  });
  await reading.recovered(60_000);
  const stopping = standing.move();
  return {
    ...{ settings, routes, clock, credentials, judge, sls, network, adapter, reading },
    rest: async () => {
      await reading.rest();
      agent.destroy();
    },
    [Symbol.asyncDispose]: () => stopping.disposeAsync(),
  };
}
