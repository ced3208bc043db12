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
import { loadKubeClient } from '../kube/client/kube-client.ts';
import type { KubeObserver, SyncState } from '../kube/client/kube-observer.ts';
import { TokenReviewer, defaultTokenReviewSettings } from '../kube/reviews/token-review.ts';
import { serviceNamespaceOf } from './service-namespace.ts';
import type { Dependencies } from './dependencies.ts';

/** The adapter's use of the API server: authentication, authorisation, the certificate in the APIService, the HPAs. */
export interface Delegation {
  readonly access: AccessContext;
  readonly readiness: readonly HealthCheck[];
  /** Undefined if the APIService is managed by other means. */
  readonly apiService: ApiServiceKeeper | undefined;
  /** How current each watched resource is. */
  synced(): readonly SyncState[];
  stop(): Promise<void>;
}

/**
 * Starts the watches; that of HPAs only with a handler. Waits for no request, so an API server that is down delays only readiness.
 *
 * @throws AdapterError `ConfigInvalid` if no API server is known
 */
export async function startDelegation(
  config: Config,
  { clock, monotonicMs, random, env }: Dependencies,
  observer: KubeObserver,
  autoscalers: AutoscalerHandler | undefined,
): Promise<Delegation> {
  const { kubeconfig, serviceAccountDir, manageApiService } = config.kubernetes;
  const client = await loadKubeClient({ kubeconfig, serviceAccountDir, env, monotonicMs });
  const kube = { client, clock, monotonicMs, random, observer };
  const authenticationConfig = new AuthenticationConfigWatch(kube);
  const tokenReviewer = new TokenReviewer(kube, defaultTokenReviewSettings);
  const accessReviewer = new AccessReviewer(kube, defaultReviewSettings);
  const apiService = manageApiService ? new ApiServiceKeeper(await requiredService(config), kube) : undefined;
  const chosen = { namespaces: config.kubernetes.autoscalerNamespaces };
  const hpas = autoscalers ? new AutoscalerWatch(chosen, autoscalers, kube) : undefined;
  const watches = [authenticationConfig, apiService, hpas].filter((watch) => watch !== undefined);
  const ending = new AbortController();
  const running = watches.map((watch) => watch.run(ending.signal));
  return {
    access: { authenticationConfig, tokenReviewer, accessReviewer, clock, monotonicMs },
    readiness: [
      onceHealthy('authentication-config', () =>
        authenticationConfig.current === undefined
          ? (authenticationConfig.problem() ?? 'not read yet')
          : undefined,
      ),
      ...(apiService === undefined ? [] : [onceHealthy('apiservice', () => apiService.problem())]),
    ],
    apiService,
    synced: () => [
      authenticationConfig.syncState(),
      ...(apiService === undefined ? [] : [apiService.syncState()]),
      ...(hpas?.syncStates() ?? []),
    ],
    stop: async () => {
      ending.abort();
      await Promise.all(running);
      tokenReviewer.close();
      accessReviewer.close();
      client.close();
    },
  };
}

/** A check that has passed once stays passed: later trouble with the API server must not take a serving replica out. */
function onceHealthy(name: string, problem: () => string | undefined): HealthCheck {
  let passed = false;
  const failure = () => {
    if (passed) return undefined;
    const now = problem();
    passed = now === undefined;
    return now;
  };
  return { name, failure };
}

async function requiredService(config: Config) {
  const namespace = await serviceNamespaceOf(config);
  if (namespace !== undefined) return { name: config.kubernetes.serviceName, namespace };
  throw new AdapterError('ConfigInvalid', '--manage-apiservice outside of a pod needs --service-namespace');
}
