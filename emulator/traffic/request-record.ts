import { formatLogTime } from '../ingest/log-time.ts';
import type { LogRecord } from '../log-record.ts';
import type { TrafficRoute } from './routes.ts';

/** Returns the access log line of one request. `atSeconds` is Unix time; `random` is uniform in [0, 1). */
export function requestRecord(route: TrafficRoute, atSeconds: number, random: () => number): LogRecord {
  const timeSeconds = Math.floor(atSeconds);
  const failed = random() < route.failureShare;
  const upstreamSeconds = (route.requestSeconds * logNormal(random)).toFixed(3);
  const status = failed ? '502' : '200';
  const bytes = String(failed ? 150 : Math.round(route.responseBytes * (0.8 + 0.4 * random())));
  const client = `10.${pick(random, 256)}.${pick(random, 256)}.${1 + pick(random, 254)}`;
  return {
    timeSeconds,
    fields: {
      client_ip: client,
      x_forward_for: client,
      remote_user: '-',
      time: formatLogTime(timeSeconds),
      method: route.method,
      url: route.url,
      version: 'HTTP/1.1',
      status,
      body_bytes_sent: bytes,
      http_referer: '-',
      http_user_agent: 'demo/1.0',
      request_length: String(Math.round(route.requestBytes * (0.9 + 0.2 * random()))),
      request_time: (Number(upstreamSeconds) + pick(random, 2) / 1000).toFixed(3),
      proxy_upstream_name: route.name,
      upstream_addr: route.upstreams[pick(random, route.upstreams.length)] ?? '-',
      upstream_response_length: bytes,
      upstream_response_time: upstreamSeconds,
      upstream_status: status,
      req_id: Array.from({ length: 32 }, () => pick(random, 16).toString(16)).join(''),
      host: route.host,
      proxy_alternative_upstream_name: '',
    },
  };
}

function pick(random: () => number, below: number): number {
  return Math.floor(random() * below);
}

/** Median 1, with the long tail of latencies: one of a hundred is above 3. */
function logNormal(random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(0.47 * normal);
}
