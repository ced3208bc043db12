import { projectSettings } from '../config/project-settings.ts';
import type { Config } from '../config/schema.ts';
import { AggregateSource } from '../sls/aggregate-source.ts';
import { SlsClient, type SlsObserver } from '../sls/client.ts';
import { createCredentialSource } from '../sls/credentials.ts';
import { resolveEndpoint, type Endpoint } from '../sls/endpoint.ts';
import { ProjectGates, type GateObserver } from '../sls/project-gates.ts';
import { SecondCountSource } from '../sls/second-counts.ts';
import type { Surroundings } from './surroundings.ts';

/** What is asked of SLS, each query through the gate of its project. */
export interface SlsStack {
  readonly aggregates: AggregateSource;
  readonly seconds: SecondCountSource;
  readonly gates: ProjectGates;
  readonly endpointOf: (request: { readonly internalEndpoint: boolean | undefined }) => Endpoint;
  close(): void;
}

export function createSls(
  config: Config,
  { clock, env, credentials }: Surroundings,
  observer: SlsObserver & GateObserver,
): SlsStack {
  const { connectTimeoutSeconds, readTimeoutSeconds } = config.sls;
  const settingsOf = projectSettings(config);
  const client = new SlsClient(
    credentials ?? createCredentialSource(env),
    { connectTimeoutMs: connectTimeoutSeconds * 1000, readTimeoutMs: readTimeoutSeconds * 1000 },
    observer,
  );
  const gates = new ProjectGates({
    logs: client,
    settingsOf: (project) => {
      const { maxConcurrentQueries: maxConcurrent, breaker } = settingsOf(project).sls;
      return { maxConcurrent, breaker: { failures: breaker.failures, openMs: breaker.openSeconds * 1000 } };
    },
    observer,
  });
  return {
    aggregates: new AggregateSource(gates, clock),
    seconds: new SecondCountSource(gates),
    gates,
    endpointOf: endpointsOf(config.sls),
    close: () => client.close(),
  };
}

/** Each resolved once: there are three at most. */
function endpointsOf({ region, network, endpoint: url }: Config['sls']): SlsStack['endpointOf'] {
  const resolved = new Map<boolean | undefined, Endpoint>();
  return ({ internalEndpoint }) => {
    const endpoint =
      resolved.get(internalEndpoint) ?? resolveEndpoint({ region, network, url }, internalEndpoint);
    resolved.set(internalEndpoint, endpoint);
    return endpoint;
  };
}
