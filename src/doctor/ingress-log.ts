import { logColumns, type IngressLogKind, type LogColumns } from '../metric/log-kind.ts';
import type { MetricRequest } from '../metric/metric-request.ts';

/** The kind of access log that a metric is of, and what its columns are called. */
export interface IngressLog {
  readonly logKind: IngressLogKind;
  readonly columns: LogColumns;
}

/** @returns undefined for a metric of the configuration: it is of a log of its own */
export const ingressLogOf = ({
  metric: { logKind },
}: Pick<MetricRequest, 'metric'>): IngressLog | undefined =>
  typeof logKind === 'string' ? { logKind, columns: logColumns[logKind] } : undefined;
