import { credentialSettings } from '../config/credentials-section.ts';
import { projectSettings, type ProjectSettings } from '../config/project-settings.ts';
import type { Config } from '../config/schema.ts';
import { AggregateSource } from '../sls/aggregate-source.ts';
import { SlsClient, type SlsObserver } from '../sls/client.ts';
import type { CredentialSource } from '../sls/credentials/credentials.ts';
import { Identities, type IdentityState } from '../sls/credentials/identities.ts';
import type { CredentialObserver } from '../sls/credentials/renewed-credentials.ts';
import { resolveEndpoint, stsHost, type Endpoint } from '../sls/endpoint.ts';
import { ProjectGates, type GateObserver } from '../sls/project-gates.ts';
import { countSeconds, type SecondCounts, type SecondCountQuery } from '../sls/second-counts.ts';
import type { Dependencies } from './dependencies.ts';

/** Everything that queries SLS. Each query passes the gate of its project. */
export interface SlsStack {
  readonly aggregates: AggregateSource;
  readonly countSeconds: (query: SecondCountQuery, signal: AbortSignal) => Promise<SecondCounts>;
  readonly gates: ProjectGates;
  readonly endpointOf: (request: EndpointRequest) => Endpoint;
  /** The credentials that the project is queried with. */
  readonly credentialsOf: (project: string) => CredentialSource;
  /** One entry per identity that has been needed so far. */
  identities(): readonly IdentityState[];
  close(): void;
}

/** The parts of a series that decide which endpoint it is read from. */
export interface EndpointRequest {
  readonly project: string;
  readonly internalEndpoint: boolean | undefined;
}

export function createSls(
  config: Config,
  { clock, env, credentials }: Dependencies,
  observer: SlsObserver & GateObserver & CredentialObserver,
): SlsStack {
  const { connectTimeoutSeconds, readTimeoutSeconds } = config.sls;
  const settingsOf = (project: string) => projectSls(project).sls;
  const projectSls = projectSettings(config);
  const identities = new Identities({ env, clock, stsEndpoint: stsHost(config.sls), observer });
  const identityOf = onceFor((sls: ProjectSettings['sls']): CredentialSource =>
    identities.of(credentialSettings(sls.credentials)),
  );
  const credentialsOf = (project: string) => credentials ?? identityOf(settingsOf(project));
  const client = new SlsClient(
    credentialsOf,
    { connectTimeoutMs: connectTimeoutSeconds * 1000, readTimeoutMs: readTimeoutSeconds * 1000 },
    observer,
  );
  const gates = new ProjectGates({
    logs: client,
    settingsOf: (project) => {
      const { maxConcurrentQueries: maxConcurrent, breaker } = settingsOf(project);
      return { maxConcurrent, breaker: { failures: breaker.failures, openMs: breaker.openSeconds * 1000 } };
    },
    observer,
  });
  const endpointsOf = onceFor(resolvedEndpoints);
  return {
    aggregates: new AggregateSource(gates),
    countSeconds: (query, signal) => countSeconds(gates, query, signal),
    gates,
    endpointOf: ({ project, internalEndpoint }) => endpointsOf(settingsOf(project))(internalEndpoint),
    credentialsOf,
    identities: () => identities.states(),
    close: () => client.close(),
  };
}

/** Resolves each endpoint once; there are at most three: configured, internal and public. */
function resolvedEndpoints({ region, network, endpoint: url }: ProjectSettings['sls']) {
  const resolved = new Map<boolean | undefined, Endpoint>();
  return (internal: boolean | undefined): Endpoint => {
    const endpoint = resolved.get(internal) ?? resolveEndpoint({ region, network, url }, internal);
    resolved.set(internal, endpoint);
    return endpoint;
  };
}

/** Makes one value per settings object. There is one such object per entry of `projects`, however many projects match. */
function onceFor<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new WeakMap<Key, Value>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}
