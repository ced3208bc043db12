import { parseAckLine } from '../ingest/forms/ack-form.ts';
import { formatLogTime } from '../ingest/forms/log-time.ts';
import type { LogRecord } from '../log-record.ts';

/** One pod that a request was sent to: `$upstream_addr`, `$upstream_response_length`, `…_time`, `$upstream_status`. */
export interface Attempt {
  readonly addr: string;
  readonly length: string;
  /** Seconds. */
  readonly time: string;
  readonly status: string;
}

/** What nginx-ingress knows of one request when it logs it, as text of the variables of nginx. */
export interface AccessLine {
  /** Unix time. The line states whole seconds. */
  readonly atSeconds: number;
  readonly client: string;
  readonly user: string;
  readonly method: string;
  readonly url: string;
  readonly version: string;
  readonly status: string;
  readonly bodyBytes: string;
  readonly referer: string;
  readonly agent: string;
  /** Bytes. */
  readonly requestLength: string;
  /** Seconds. */
  readonly requestTime: string;
  /** `$proxy_upstream_name`. */
  readonly upstreamName: string;
  /** The pods in the order of the attempts. Without one, nginx logs `-`. */
  readonly attempts: readonly Attempt[];
  /** If true, the attempts are of different locations (` : `), else they are retries of one (`, `). */
  readonly redirected: boolean;
  readonly requestId: string;
  readonly host: string;
  /** `$proxy_alternative_upstream_name`: the canary that served the request, or empty. */
  readonly alternativeName: string;
}

const defaults: AccessLine = {
  atSeconds: 0,
  client: '10.9.0.7',
  user: '-',
  method: 'GET',
  url: '/',
  version: 'HTTP/1.1',
  status: '200',
  bodyBytes: '612',
  referer: '-',
  agent: 'curl/8.5.0',
  requestLength: '300',
  requestTime: '0.120',
  upstreamName: 'default-web-80',
  attempts: [{ addr: '10.8.0.11:8080', length: '612', time: '0.119', status: '200' }],
  redirected: false,
  requestId: '0123456789abcdef0123456789abcdef',
  host: 'www.example.com',
  alternativeName: '',
};

/** Returns a line of one good request, with the fields given. */
export function accessLine(fields: Partial<AccessLine> & Pick<AccessLine, 'atSeconds'>): AccessLine {
  return { ...defaults, ...fields };
}

/** Returns the line as an ingress of ACK writes it. Its clock is UTC. */
export function ackText(line: AccessLine): string {
  const head = `${line.client} - [${line.client}] - ${line.user} ${requestText(line)}`;
  const tail = `${upstreamsText(line)} ${line.requestId} ${line.host} [${line.alternativeName}]`;
  return `${head} [${line.upstreamName}] ${tail}`;
}

/** Returns the line in the default format of ingress-nginx (`upstreaminfo`), which has no host. */
export function defaultText(line: AccessLine): string {
  const head = `${line.client} - ${line.user} ${requestText(line)}`;
  const names = `[${line.upstreamName}] [${line.alternativeName}]`;
  return `${head} ${names} ${upstreamsText(line)} ${line.requestId}`;
}

/** Returns the line as JSON, one key for each variable of nginx. */
export function jsonText(line: AccessLine): string {
  return JSON.stringify({
    time_iso8601: new Date(Math.floor(line.atSeconds) * 1000).toISOString().replace('.000Z', '+00:00'),
    remote_addr: line.client,
    request: `${line.method} ${line.url} ${line.version}`,
    ...sharedFields(line),
  });
}

/**
 * Returns the record that ACK's collector makes of the line, with the time of the request. A request with several
 * attempts is misread after its upstream name, as in a real logstore.
 *
 * @throws Error if the collector cannot read the line
 */
export function ackRecord(line: AccessLine): LogRecord {
  if (line.attempts.length > 1) {
    const parsed = parseAckLine(ackText(line));
    if (parsed.kind === 'record') return parsed.record;
    throw new Error(`${parsed.reason}: ${ackText(line)}`);
  }
  const timeSeconds = Math.floor(line.atSeconds);
  return {
    timeSeconds,
    fields: {
      client_ip: line.client,
      x_forward_for: line.client,
      time: formatLogTime(timeSeconds),
      method: line.method,
      url: line.url,
      version: line.version,
      ...sharedFields(line),
    },
  };
}

/** What nginx and ACK's collector name alike. */
const sharedFields = (line: AccessLine) => ({
  remote_user: line.user,
  status: line.status,
  body_bytes_sent: line.bodyBytes,
  http_referer: line.referer,
  http_user_agent: line.agent,
  request_length: line.requestLength,
  request_time: line.requestTime,
  proxy_upstream_name: line.upstreamName,
  proxy_alternative_upstream_name: line.alternativeName,
  upstream_addr: attemptsText(line, 'addr'),
  upstream_response_length: attemptsText(line, 'length'),
  upstream_response_time: attemptsText(line, 'time'),
  upstream_status: attemptsText(line, 'status'),
  req_id: line.requestId,
  host: line.host,
});

function requestText(line: AccessLine): string {
  const request = `[${formatLogTime(Math.floor(line.atSeconds))} +0000] "${line.method} ${line.url} ${line.version}"`;
  const response = `${line.status} ${line.bodyBytes} "${line.referer}" "${line.agent}"`;
  return `${request} ${response} ${line.requestLength} ${line.requestTime}`;
}

function upstreamsText(line: AccessLine): string {
  const parts = ['addr', 'length', 'time', 'status'] as const;
  return parts.map((part) => attemptsText(line, part)).join(' ');
}

function attemptsText({ attempts, redirected }: AccessLine, part: keyof Attempt): string {
  return attempts.map((attempt) => attempt[part]).join(redirected ? ' : ' : ', ') || '-';
}
