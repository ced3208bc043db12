import type { AccessContext } from '../api/auth/access.ts';
import type { HealthCheck } from '../api/server/probes.ts';
import type { Config } from '../config/schema.ts';
import { AdapterError } from '../errors.ts';
import { AccessReviewer } from '../kube/reviews/access-review.ts';
import { ApiServiceKeeper } from '../kube/api-service.ts';
import { AuthenticationConfigWatch } from '../kube/authentication-config.ts';
import type { AutoscalerHandler } from '../kube/autoscalers/autoscaler-changes.ts';
import { AutoscalerWatch } from '../kube/autoscalers/autoscaler-watch.ts';
import { defaultReviewSettings } from '../kube/reviews/reviewer.ts';
import { loadKubeClient, type KubeClient } from '../kube/client/kube-client.ts';
import type { KubeObserver, SyncState } from '../kube/client/kube-observer.ts';
import { TokenReviewer, defaultTokenReviewSettings } from '../kube/reviews/token-review.ts';
import { serviceNamespaceOf } from './service-namespace.ts';
import type { Dependencies } from './dependencies.ts';

/** What the API server is asked for: who asks, whether they may, to trust our certificate, and which HPAs there are. */
export interface Delegation {
  readonly access: AccessContext;
  readonly readiness: readonly HealthCheck[];
  /** Undefined where somebody else registers the adapter. */
  readonly apiService: ApiServiceKeeper | undefined;
  /** Of all that is watched. */
  synced(): readonly SyncState[];
  stop(): Promise<void>;
}

/**
 * Starts the watches. Calls nobody before it returns, so that an API server that is down delays readiness alone.
 *
 * @throws AdapterError `ConfigInvalid` where no API server is known
 */
export async function startDelegation(
  config: Config,
  dependencies: Dependencies,
  observer: KubeObserver,
  autoscalers: AutoscalerHandler,
): Promise<Delegation> {
  const { manageApiService, serviceName, watchAutoscalers } = config.kubernetes;
  const { clock, random } = dependencies;
  const client = await clientOf(config, dependencies);
  const surroundings = { clock, random, observer };
  const trust = new AuthenticationConfigWatch(client, surroundings);
  const tokens = new TokenReviewer(client, surroundings, { ...defaultTokenReviewSettings, ...reviewTime });
  const reviews = new AccessReviewer(client, surroundings, { ...defaultReviewSettings, ...reviewTime });
  const namespace = manageApiService ? await requireServiceNamespace(config) : '';
  const apiService = manageApiService
    ? new ApiServiceKeeper(client, { name: serviceName, namespace }, surroundings)
    : undefined;
  const chosen = { namespaces: config.kubernetes.autoscalerNamespaces };
  const hpas = watchAutoscalers ? new AutoscalerWatch(client, chosen, autoscalers, surroundings) : undefined;
  const watches = [trust, apiService, hpas].filter((watch) => watch !== undefined);
  const ending = new AbortController();
  const running = watches.map((watch) => watch.run(ending.signal));
  return {
    access: { authenticationConfig: trust, tokenReviewer: tokens, accessReviewer: reviews, clock },
    readiness: [
      onceReached('authentication-config', () =>
        trust.current === undefined ? (trust.problem() ?? 'not read yet') : undefined,
      ),
      ...(apiService === undefined ? [] : [onceReached('apiservice', () => apiService.problem())]),
    ],
    apiService,
    synced: () => [
      trust.syncState(),
      ...(apiService === undefined ? [] : [apiService.syncState()]),
      ...(hpas?.syncStates() ?? []),
    ],
    stop: async () => {
      ending.abort();
      await Promise.all(running);
      tokens.close();
      reviews.close();
      client.close();
    },
  };
}

function clientOf({ kubernetes }: Config, { env, clock }: Dependencies): Promise<KubeClient> {
  const { kubeconfig, serviceAccountDir } = kubernetes;
  return loadKubeClient({
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(serviceAccountDir === undefined ? {} : { serviceAccountDir }),
    env,
    clock,
  });
}

/**
 * Of one review, retries included. With one of the token, one of the access and the longest read (20 s) an answer
 * comes within 29 s: the API server gives up after 60 s, a worker of the HPA controller waits all that time.
 */
const reviewTime = { deadlineMs: 4500, attemptTimeoutMs: 2000 } as const;

/** Once ready, it stays ready: trouble with the API server later must not take a serving replica out. */
function onceReached(name: string, problem: () => string | undefined): HealthCheck {
  let reached = false;
  const failure = () => {
    if (reached) return undefined;
    const now = problem();
    reached = now === undefined;
    return now;
  };
  return { name, failure };
}

async function requireServiceNamespace(config: Config): Promise<string> {
  const namespace = await serviceNamespaceOf(config);
  if (namespace !== undefined) return namespace;
  throw new AdapterError('ConfigInvalid', '--manage-apiservice outside of a pod needs --service-namespace');
}
