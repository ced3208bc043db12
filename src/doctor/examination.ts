import type { LookupFunction } from 'node:net';
import type { V1APIService } from '@kubernetes/client-node';
import type { Config } from '../config/schema.ts';
import { type AdapterError, toAdapterError } from '../errors.ts';
import type { Requirement } from '../grammar/label-selector.ts';
import type { Autoscaler } from '../kube/autoscalers/autoscaler.ts';
import type { KubeClient } from '../kube/client/kube-client.ts';
import { KubeError } from '../kube/client/kube-error.ts';
import type { Catalog } from '../metric/catalog.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import type { HpaManifest } from '../scaling/hpa-manifest.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { SlsStack } from '../service/sls-stack.ts';
import type { Dependencies } from '../service/dependencies.ts';
import type { Assumption } from '../sls/assumptions/assumption.ts';
import type { QueryTimes } from '../sls/decode.ts';
import type { LogstoreAddress } from '../sls/endpoint.ts';
import type { Account, RunningAdapter } from './running-adapter.ts';
import { type Check, failed, skipped, type Finding } from './check.ts';

/** The metric to check if neither a flag nor an HPA names one. */
export const defaultMetric = 'sls_ingress_qps';

/** The options of the command. */
export interface DoctorInput {
  /** As parsed by commander. Contains the flags of settings. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Default: the metric of an HPA, else `defaultMetric`. */
  readonly metric?: string | undefined;
  /** Default: the selector of an HPA, else the configured defaults. */
  readonly selector?: string | undefined;
  /** Namespace of the HPA. */
  readonly namespace: string;
  /** Only what a migration from another provider needs. */
  readonly migrate?: boolean | undefined;
  /** A file whose HPAs are checked, instead of those of the cluster. */
  readonly hpaFile?: { readonly source: string; readonly text: string } | undefined;
  /** `{namespace}/{name}` of the adapter's ServiceAccount. Default: our own in a pod, else by convention. */
  readonly serviceAccount?: string | undefined;
}

export interface DoctorDependencies extends Dependencies {
  readonly observer: Telemetry;
  /** Resolves host names. Default: the resolver of the system. */
  readonly lookup?: LookupFunction;
  /** What the check `assumptions` asks SLS about. Default: the whole ledger. */
  readonly assumptions?: readonly Assumption[];
  /** Resolves early, without an error, once the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** One read, as an HPA makes it. */
export interface Read {
  readonly request: MetricRequest;
  readonly requirements: readonly Requirement[];
  /** Namespace of the HPA. */
  readonly namespace: string;
}

/** The read and the logstore to check. */
export interface Target extends Read {
  readonly address: LogstoreAddress;
  /** All routes of that logstore that HPAs or the selector name. */
  readonly routes: readonly string[];
}

/** The answer of SLS to the first query. An error shows which check the query is refused at. */
export type Probe =
  | {
      readonly error: AdapterError;
      /** True if SLS refused the SQL, but answers a search without SQL. */
      readonly isSqlRefused: boolean;
    }
  | {
      readonly error: undefined;
      readonly reachSeconds: number;
      readonly throttled: number;
      /** Lines within `reachSeconds`. */
      readonly lines: number;
      /** Unix seconds of the last line. Undefined if there are no lines. */
      readonly newestSeconds: number | undefined;
    };

/** What checks find out for later checks. */
interface Facts {
  readonly config: Config;
  readonly catalog: Catalog;
  readonly sls: SlsStack;
  readonly target: Target;
  readonly probe: Probe;
  /** The types that the index gives the fields of the metric. */
  readonly columnTypes: ReadonlyMap<string, string>;
  /** Times of the first answer of the endpoint. */
  readonly times: QueryTimes;
  readonly kube: KubeClient;
  readonly account: Account;
  readonly adapter: RunningAdapter;
  /** The APIService of external metrics. */
  readonly apiService: V1APIService;
  /** Whether windows end before their lines have arrived. */
  readonly linesComeTooLate: boolean;
  /** HPAs that name external metrics. */
  readonly autoscalers: readonly Autoscaler[];
  /** The HPAs of the file that is checked. */
  readonly hpaManifests: readonly HpaManifest[];
}

export class FactStore {
  readonly #known: Partial<Facts> = {};

  learn(facts: Partial<Facts>): void {
    Object.assign(this.#known, facts);
  }

  /** @throws Error if no check has learned it, so the calling check does not list that check in `needs` */
  get<Name extends keyof Facts>(name: Name): Facts[Name] {
    const fact = this.find(name);
    if (fact === undefined) throw new Error(`no check has learned ${name}`);
    return fact;
  }

  find<Name extends keyof Facts>(name: Name): Facts[Name] | undefined {
    return this.#known[name];
  }
}

/** The argument of every check. */
export interface Examination {
  readonly input: DoctorInput;
  readonly dependencies: DoctorDependencies;
  readonly facts: FactStore;
  /** Disposed of at the end of the run. */
  readonly cleanup: AsyncDisposableStack;
}

export type DoctorCheck = Check<Examination>;

export const usualKubeconfig = '--kubeconfig "$HOME/.kube/config"';

/** Turns a thrown error into a finding, with the remedy of the error registry. A check that RBAC forbids is skipped. */
export function findingOf(thrown: unknown): Finding {
  if (thrown instanceof KubeError && thrown.statusCode === 403)
    return skipped(
      thrown.message,
      'To check this too, run doctor as an administrator, or grant the right that the message names:',
      usualKubeconfig,
    );
  if (thrown instanceof KubeError) return failed(thrown.message, kubeRemedy(thrown));
  const error = toAdapterError(thrown);
  return failed(`${error.what} (${error.code})`, error.remedy);
}

function kubeRemedy({ kind, statusCode }: KubeError): string {
  if (statusCode === 401) return 'Use a kubeconfig or token that the API server accepts.';
  return kind === 'access'
    ? 'Correct the credentials in the kubeconfig.'
    : 'Check that the API server is up and reachable from here (kubectl version).';
}
