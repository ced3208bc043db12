import { ingressLogs } from '../metric/ingress-logs.ts';
import type { ColumnId, IngressLog } from '../metric/log-kind.ts';

/** The parts of a line of an access log that the metrics need. Numbers are as logged. */
export interface AccessLine {
  readonly seconds: number;
  readonly method: string;
  readonly status: string;
  readonly bodyBytes: string;
  readonly requestLength: string;
  readonly requestTime: string;
  /** The backend that answered: the canary's where it is one. */
  readonly route: string;
  readonly host: string;
}

/** Names of the time in the logs of the gateways, and of what nginx writes into JSON. */
const timeNames = ['start_time', 'time_iso8601', 'time', 'msec', 'timestamp', '@timestamp'];

/**
 * Returns a line of a log in JSON, one object a line.
 *
 * @returns undefined for a line that is no such object, or of another gateway's log
 */
export function parseJsonLine(text: string, log: IngressLog): AccessLine | undefined {
  const object = objectOf(text);
  const seconds = object && timeOf(object);
  if (object === undefined || seconds === undefined) return undefined;
  const valueOf = (id: ColumnId) => {
    const value = [log, ingressLogs[log.kind]]
      .map(({ columns }) => object[columns[id]?.name ?? ''])
      .find((found) => found !== undefined && found !== null);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  const isOf = (id: 'backend' | 'host') =>
    log.columns[id].name in object || ingressLogs[log.kind].columns[id].name in object;
  if (!isOf('backend') || (!log.isRouteText && !isOf('host'))) return undefined;
  // JSON of nginx has the method as one variable of these.
  const { request, request_method: nginxMethod = request } = object;
  const host = valueOf('host');
  return {
    seconds,
    method: valueOf('method') || (typeof nginxMethod === 'string' ? (nginxMethod.split(' ')[0] ?? '') : ''),
    status: valueOf('status').padStart(3, '0'),
    bodyBytes: valueOf('responseBytes'),
    requestLength: valueOf('requestBytes'),
    requestTime: valueOf('requestTime'),
    route: log.routeOf(valueOf('backend'), valueOf('canary')),
    host: log.isRouteText ? host : (host.split(':')[0] ?? '').toLowerCase(),
  };
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

function timeOf(object: Readonly<Record<string, unknown>>): number | undefined {
  for (const name of timeNames) {
    const value = object[name];
    const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
    const ms = /^\d{9,11}(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
    if (!Number.isNaN(ms)) return Math.floor(ms / 1000);
  }
  return undefined;
}
