import type { EmulatorOptions } from '../../emulator/emulator.ts';
import { startEmulator } from '../../emulator/emulator.ts';
import { SlsClient, type SlsObserver } from '../../src/sls/client.ts';
import { fixedCredentials } from '../support/fixed-credentials.ts';
import type { CredentialSource } from '../../src/sls/credentials/credentials.ts';
import type { TransportSettings } from '../../src/sls/transport.ts';

export const project = 'k8s-log-test';
export const logstore = 'nginx-ingress';
export const accessKey = { id: 'test-id', secret: 'test-secret', securityToken: 'test-token' };

const credentialsOf = ({ id, secret, securityToken }: typeof accessKey) =>
  fixedCredentials({ accessKeyId: id, accessKeySecret: secret, securityToken });

type SlsEvent = Parameters<SlsObserver['slsQueryFinished']>[0];

export interface TestClient {
  readonly client: SlsClient;
  /** The events that the observer received. */
  readonly events: readonly SlsEvent[];
}

/** Creates a client as the service does, and records the events of its observer. */
export function createClient(
  settings: Partial<TransportSettings> = {},
  credentials: CredentialSource = credentialsOf(accessKey),
): TestClient {
  const events: SlsEvent[] = [];
  const client = new SlsClient(
    () => credentials,
    { connectTimeoutMs: 60_000, readTimeoutMs: 60_000, ...settings },
    { slsQueryFinished: (event) => events.push(event) },
  );
  return { client, events };
}

/** Starts an SLS with one logstore that verifies signatures and the security token. */
export const startSls = (options: Partial<EmulatorOptions> = {}) =>
  startEmulator({ logstores: [{ project, logstore }], accessKey, ...options });

/** Returns a signal that is never aborted. */
export const alive = () => new AbortController().signal;
