import type { Requirement } from '../grammar/label-selector.ts';
import type { MetricRequest } from '../metric/metric-request.ts';
import type { LogstoreAddress } from '../sls/logstore-address.ts';

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
