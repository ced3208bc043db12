import { heartbeatTarget } from '../config/heartbeat-section.ts';
import { projectSettings } from '../config/project-settings.ts';
import type { Config } from '../config/schema.ts';
import type { Series } from '../metric/series.ts';
import { AggregateSource } from '../sls/aggregate-source.ts';
import { SlsClient } from '../sls/client.ts';
import type { CredentialSource } from '../sls/credentials/credentials.ts';
import { Identities, type IdentityState } from '../sls/credentials/identities.ts';
import { resolveEndpoint, stsHost, type Endpoint } from '../sls/endpoint.ts';
import { ProjectGates } from '../sls/project-gates.ts';
import { proxiesIn } from '../sls/proxy.ts';
import { HeartbeatLines } from '../sls/heartbeat-lines.ts';
import { countMinutes, type CountsByMinute, type MinuteQuery } from '../sls/minute-counts.ts';
import { countSeconds, type LineCounts, type SecondCountQuery } from '../sls/second-counts.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Dependencies } from './dependencies.ts';

/** Everything that queries SLS. Each query passes the gate of its project. */
export interface SlsStack {
  readonly aggregates: AggregateSource;
  readonly countSeconds: (query: SecondCountQuery, signal: AbortSignal) => Promise<LineCounts>;
  readonly countMinutes: (query: MinuteQuery, signal: AbortSignal) => Promise<CountsByMinute>;
  /** Undefined without `heartbeat.url`. */
  readonly heartbeats: HeartbeatLines | undefined;
  readonly gates: ProjectGates;
  readonly endpointOf: (series: Pick<Series, 'project' | 'internalEndpoint'>) => Endpoint;
  /** The credentials that the project is queried with. */
  readonly credentialsOf: (project: string) => CredentialSource;
  /** One entry per identity that has been needed so far. */
  identities(): readonly IdentityState[];
  close(): void;
}

export function createSls(
  config: Config,
  { clock, env, credentials }: Dependencies,
  observer: Telemetry,
): SlsStack {
  const { connectTimeoutSeconds, readTimeoutSeconds, maxQueriesPerSecond } = config.sls;
  const settingsOf = (project: string) => projectSls(project).sls;
  const projectSls = projectSettings(config);
  const identities = new Identities({ env, clock, stsEndpoint: stsHost(config.sls, env), observer });
  const credentialsOf = (project: string) => credentials ?? identities.of(settingsOf(project).credentials);
  const client = new SlsClient(
    credentialsOf,
    {
      connectTimeoutMs: connectTimeoutSeconds * 1000,
      readTimeoutMs: readTimeoutSeconds * 1000,
      proxies: proxiesIn(env),
    },
    observer,
  );
  const gates = new ProjectGates({
    logs: client,
    queriesPerSecond: maxQueriesPerSecond,
    settingsOf: (project) => {
      const { maxConcurrentQueries: maxConcurrent, breaker } = settingsOf(project);
      return { maxConcurrent, breaker: { failures: breaker.failures, openMs: breaker.openSeconds * 1000 } };
    },
    observer,
  });
  const target = heartbeatTarget(config);
  const heartbeats = target && new HeartbeatLines(target);
  return {
    aggregates: new AggregateSource(gates, heartbeats),
    countSeconds: (query, signal) => countSeconds(gates, query, signal, heartbeats),
    countMinutes: (query, signal) => countMinutes(query, gates, signal, heartbeats),
    heartbeats,
    gates,
    endpointOf: endpointsBy(settingsOf),
    credentialsOf,
    identities: () => identities.states(),
    close: () => client.close(),
  };
}

/** Resolves each endpoint once. There are at most three for each entry of `projects`, however many projects match. */
function endpointsBy(settingsOf: (project: string) => Config['sls']): SlsStack['endpointOf'] {
  /** @bound three for each entry of `projects` | - | - | `projects` */
  const resolved = new Map<string, Endpoint>();
  return ({ project, internalEndpoint }) => {
    const { region, network, endpoint: url } = settingsOf(project);
    const key = [region, network, url, internalEndpoint].join(' ');
    const endpoint = resolved.get(key) ?? resolveEndpoint({ region, network, url }, internalEndpoint);
    resolved.set(key, endpoint);
    return endpoint;
  };
}
