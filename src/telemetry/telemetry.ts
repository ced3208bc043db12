import type { AppObserver } from '../api/server/app.ts';
import type { ServingObserver } from '../api/server/serving-pair.ts';
import type { ReadObserver } from '../api/read/external-metrics.ts';
import type { KubeObserver } from '../kube/client/kube-observer.ts';
import type { CollectObserver } from '../reading/collector.ts';
import type { AdaptiveObserver } from '../reading/adaptive/adaptive-windows.ts';
import type { DelayObserver } from '../reading/delay/delay-learner.ts';
import type { HeartbeatObserver } from '../reading/heartbeat/heartbeat.ts';
import type { PrefetchObserver } from '../reading/prefetcher.ts';
import type { SilenceObserver } from '../reading/silence/silence-watch.ts';
import type { ForecastObserver } from '../reading/history/forecasts.ts';
import type { SlsObserver } from '../sls/client.ts';
import type { CredentialObserver } from '../sls/credentials/renewed-credentials.ts';
import type { GateObserver } from '../sls/project-gates.ts';

/** Every event of the adapter that is logged or counted, one method each. */
export interface Telemetry
  extends
    AppObserver,
    ReadObserver,
    ServingObserver,
    KubeObserver,
    PrefetchObserver,
    CollectObserver,
    DelayObserver,
    SilenceObserver,
    HeartbeatObserver,
    ForecastObserver,
    AdaptiveObserver,
    SlsObserver,
    GateObserver,
    CredentialObserver {
  started(event: {
    readonly url: string;
    /** Undefined without `telemetry.port`. */
    readonly telemetryUrl: string | undefined;
    /** Undefined without `keda.port`. */
    readonly kedaUrl: string | undefined;
    readonly slsEndpoint: string;
    readonly authentication: string;
    readonly durationMs: number;
  }): void;
  /** A rule narrows nothing for these namespaces, since another rule allows more. */
  accessRuleReopened(event: {
    readonly rule: string;
    readonly openedBy: string;
    readonly namespaces: readonly string[];
  }): void;
  stopping(event: { readonly reason: string; readonly delaySeconds: number }): void;
}
