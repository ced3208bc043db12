import { logColumns, type LogColumns, type LogKind } from '../metric/log-kind.ts';
import type { MetricRequest } from '../metric/metric-request.ts';

/** The kind of access log that a metric is of, and what its columns are called. */
export interface IngressLog {
  readonly logKind: LogKind;
  readonly columns: LogColumns;
}

export const ingressLogOf = ({ metric: { logKind } }: Pick<MetricRequest, 'metric'>): IngressLog => ({
  logKind,
  columns: logColumns[logKind],
});
