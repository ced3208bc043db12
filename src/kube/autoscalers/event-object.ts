import type { AdapterError } from '../../errors.ts';
import type { AutoscalerName } from './autoscaler.ts';

/** Source: Kubernetes, validation of events.k8s.io/v1. */
const mostNoteBytes = 1024;
const mostInstanceBytes = 128;

/**
 * A Warning on an HPA whose metric fails.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
export const eventOf = (
  { namespace, name, uid }: AutoscalerName,
  metric: string,
  error: AdapterError,
  report: { readonly now: string; readonly reportingInstance: string },
) => ({
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { namespace, generateName: `${name}-` },
  type: 'Warning',
  reason: error.code,
  action: 'ReadExternalMetric',
  note: shortened(`${metric}: ${error.message.replaceAll(/\s+/g, ' ')}`, mostNoteBytes),
  regarding: {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    namespace,
    name,
    ...(uid === undefined ? {} : { uid }),
  },
  eventTime: report.now,
  reportingController: 'sls-metrics-adapter',
  reportingInstance: shortened(report.reportingInstance, mostInstanceBytes),
});

/** RFC 3339 with six digits: Kubernetes reads no other MicroTime. */
export const microTime = (nowMs: number): string => new Date(nowMs).toISOString().replace('Z', '000Z');

function shortened(text: string, mostBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= mostBytes) return text;
  const kept = bytes
    .subarray(0, mostBytes - 3)
    .toString()
    .replace(/\uFFFD+$/, '');
  return `${kept}…`;
}
