import type { LogRecord } from '../log-record.ts';
import { ackRecord, accessLine, type AccessLine } from './access-line.ts';
import {
  answeredByErrorPage,
  cutByReload,
  retried,
  servedByCanary,
  servedByDefaultBackend,
  withAuthSubrequest,
} from './oddities.ts';
import type { TrafficRoute } from './routes.ts';

/** Returns the record of one plain request. `atSeconds` is Unix time; `random` is uniform in [0, 1). */
export function requestRecord(route: TrafficRoute, atSeconds: number, random: () => number): LogRecord {
  return ackRecord(plainLine(route, atSeconds, random));
}

/** Returns the records of one request: what the collector makes of `requestLines`. Default: ACK's of nginx-ingress. */
export function requestRecords(
  route: TrafficRoute,
  atSeconds: number,
  random: () => number,
  record = ackRecord,
): LogRecord[] {
  return requestLines(route, atSeconds, random).map(record);
}

/**
 * Returns the lines that the ingress writes for one request: one, or two with `authSubrequests`. The last one is of the
 * request itself.
 */
export function requestLines(route: TrafficRoute, atSeconds: number, random: () => number): AccessLine[] {
  const { canary } = route;
  const byCanary = canary !== undefined && random() < canary.share;
  const served = byCanary ? { ...route, ...canary, name: route.name } : route;
  let line = plainLine(served, atSeconds, random);
  if (happens(served.retriedShare, random)) line = retried(line);
  if (byCanary) line = servedByCanary(line, canary.name);
  if (happens(route.reloadShare, random)) line = cutByReload(line);
  if (route.errorPagesOf !== undefined && line.status.startsWith('5'))
    line = answeredByErrorPage(line, route.errorPagesOf);
  if (route.servedBy !== undefined) line = servedByDefaultBackend(line, route.servedBy);
  return route.authSubrequests === true ? withAuthSubrequest(line) : [line];
}

function happens(share: number | undefined, random: () => number): boolean {
  return share !== undefined && random() < share;
}

function plainLine(route: TrafficRoute, atSeconds: number, random: () => number): AccessLine {
  const failed = random() < route.failureShare;
  const upstreamSeconds = (route.requestSeconds * logNormal(random)).toFixed(3);
  const status = failed ? '502' : '200';
  const bodyBytes = String(failed ? 150 : Math.round(route.responseBytes * (0.8 + 0.4 * random())));
  const client = `10.${pick(random, 256)}.${pick(random, 256)}.${1 + pick(random, 254)}`;
  const requestLength = String(Math.round(route.requestBytes * (0.9 + 0.2 * random())));
  const requestTime = (Number(upstreamSeconds) + pick(random, 2) / 1000).toFixed(3);
  const addr = route.upstreams[pick(random, route.upstreams.length)] ?? '-';
  return accessLine({
    atSeconds,
    client,
    method: route.method,
    url: route.url,
    status,
    bodyBytes,
    agent: 'demo/1.0',
    requestLength,
    requestTime,
    upstreamName: route.name,
    attempts: [{ addr, length: bodyBytes, time: upstreamSeconds, status }],
    requestId: Array.from({ length: 32 }, () => pick(random, 16).toString(16)).join(''),
    host: route.host,
  });
}

function pick(random: () => number, below: number): number {
  return Math.floor(random() * below);
}

/** Median 1, with the long tail of latencies: one of a hundred is above 3. */
function logNormal(random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(0.47 * normal);
}
