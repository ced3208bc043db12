import type { LookupFunction } from 'node:net';
import type { Config } from '../config/schema.ts';
import { type AdapterError, errorRegistry, toAdapterError } from '../errors.ts';
import type { Requirement } from '../grammar/label-selector.ts';
import type { Autoscaler } from '../kube/autoscalers/autoscaler.ts';
import type { KubeClient } from '../kube/client/kube-client.ts';
import { KubeError } from '../kube/client/kube-error.ts';
import type { KubeObserver } from '../kube/client/kube-observer.ts';
import type { Catalog } from '../metric/catalog.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import type { ReadingObserver } from '../service/reading-stack.ts';
import type { SlsStack } from '../service/sls-stack.ts';
import type { Surroundings } from '../service/surroundings.ts';
import type { QueryTimes } from '../sls/clock-check.ts';
import type { LogstoreAddress } from '../sls/endpoint.ts';
import type { RegisteredApi } from './api-service.ts';
import { type Check, failed, type Finding } from './check.ts';

/** What is looked into where nothing says otherwise. */
export const usualMetric = 'sls_ingress_qps';

/** What the user wants to know. */
export interface Asked {
  /** As commander has parsed them: those of settings among them. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Undefined: that of the HPA, else sls_ingress_qps. */
  readonly metric: string | undefined;
  /** Undefined: one that an HPA names, else the configured defaults. */
  readonly selector: string | undefined;
  /** Of the HPA. */
  readonly namespace: string;
  /** `{namespace}/{name}` of the adapter's ServiceAccount; undefined: ours in a pod, else by convention. */
  readonly serviceAccount: string | undefined;
}

export interface DoctorSurroundings extends Surroundings {
  readonly observer: ReadingObserver & KubeObserver;
  /** How a host becomes an address. Default: as the system does it. */
  readonly lookup?: LookupFunction;
  /** Of a pod's ServiceAccount. Default: where Kubernetes mounts it. */
  readonly serviceAccountDir?: string;
  /** Ends early, without an error, where the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The ServiceAccount that the adapter has. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
  /** Whether we are it ourselves, as in its pod. */
  readonly isOwn: boolean;
}

/** What checks learn for those after them. */
export interface Facts {
  readonly config: Config;
  readonly catalog: Catalog;
  readonly sls: SlsStack;
  readonly target: Target;
  /** What SLS said to a first query. */
  readonly probe: Probe;
  /** Of the first answer of the endpoint. */
  readonly times: QueryTimes;
  readonly kube: KubeClient;
  readonly account: Account;
  readonly api: RegisteredApi;
  readonly autoscalers: readonly Autoscaler[];
}

/** What every check gets. */
export interface Examination {
  readonly asked: Asked;
  readonly around: DoctorSurroundings;
  readonly facts: FactBook<Facts>;
  /** What is closed in the end. */
  readonly closing: AsyncDisposableStack;
}

export type DoctorCheck = Check<Examination>;

/** What a thrown value tells: the registry has what to do. */
export function findingOf(thrown: unknown): Finding {
  if (thrown instanceof KubeError) return failed(thrown.message, kubeRemedy(thrown));
  const error = toAdapterError(thrown);
  return failed(error.what, remedyOf(error));
}

export const remedyOf = ({ code }: AdapterError): string => errorRegistry[code].remedy;

function kubeRemedy({ kind, statusCode }: KubeError): string {
  if (statusCode === 401) return 'Get a kubeconfig or token that the API server accepts.';
  if (statusCode === 403)
    return 'Run it with the kubeconfig of an administrator (--kubeconfig), or grant what the message names.';
  return kind === 'access'
    ? 'Mend the credentials that the kubeconfig names.'
    : 'Check that the API server is up and reached from here (kubectl version).';
}

/** What checks have learned, for those that come after them. */
export class FactBook<Facts extends object> {
  readonly #known: Partial<Facts> = {};

  learn(facts: Partial<Facts>): void {
    Object.assign(this.#known, facts);
  }

  /** @throws Error where no check before has learned it: the check that asks does not wait for that one */
  get<Name extends keyof Facts>(name: Name): NonNullable<Facts[Name]> {
    const fact = this.#known[name];
    if (fact === undefined || fact === null) throw new Error(`nothing is known of ${String(name)} yet`);
    return fact;
  }

  /** Undefined where it is not known, or not yet. */
  find<Name extends keyof Facts>(name: Name): Facts[Name] | undefined {
    return this.#known[name];
  }
}

/** What SLS said to a first query; every refusal shows at which point it stopped. */
export type Probe =
  | { readonly error: AdapterError }
  | {
      readonly error: undefined;
      readonly reachSeconds: number;
      readonly throttled: number;
      /** Lines in that time. */
      readonly lines: number;
      /** Of the last line, Unix seconds; undefined: there is none. */
      readonly newestSeconds: number | undefined;
    };

/** One read, as an HPA would make it. */
export interface Read {
  readonly request: MetricRequest;
  readonly requirements: readonly Requirement[];
  /** Of the HPA. */
  readonly namespace: string;
}

/** What is looked into. */
export interface Target extends Read {
  readonly address: LogstoreAddress;
  /** All that are asked for of that logstore. */
  readonly routes: readonly string[];
}
