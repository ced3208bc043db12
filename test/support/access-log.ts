/** The fields of a line in ACK's format, in order. `time` has a zone, as nginx writes it. */
export interface LogLine {
  readonly client: string;
  readonly forwarded: string;
  readonly user: string;
  readonly time: string;
  readonly request: string;
  readonly status: string;
  readonly bodyBytes: string;
  readonly referer: string;
  readonly agent: string;
  readonly requestLength: string;
  readonly requestTime: string;
  readonly upstream: string;
  readonly upstreamAddress: string;
  readonly upstreamLength: string;
  readonly upstreamTime: string;
  readonly upstreamStatus: string;
  readonly requestId: string;
  readonly host: string;
  /** Undefined: the older format, without this field. */
  readonly alternative: string | undefined;
}

const defaults: LogLine = {
  client: '10.4.0.7',
  forwarded: '10.4.0.7',
  user: '-',
  time: '23/Nov/2026:14:40:41 +0000',
  request: 'GET /healthz?full=1 HTTP/1.1',
  status: '200',
  bodyBytes: '612',
  referer: '-',
  agent: 'curl/8.5.0',
  requestLength: '83',
  requestTime: '0.004',
  upstream: 'default-web-80',
  upstreamAddress: '172.16.0.9:8080',
  upstreamLength: '612',
  upstreamTime: '0.003',
  upstreamStatus: '200',
  requestId: '46b79c0ffee46b79c0ffee46b79c0ffe',
  host: 'a.example.com',
  alternative: '',
};

/** Returns a line in ACK's format, with defaults for fields that are not given. */
export function logLine(fields: Partial<LogLine> = {}): string {
  const line = { ...defaults, ...fields };
  const head = `${line.client} - [${line.forwarded}] - ${line.user} [${line.time}] "${line.request}"`;
  const sizes = `${line.status} ${line.bodyBytes} "${line.referer}" "${line.agent}"`;
  const route = `${line.requestLength} ${line.requestTime} [${line.upstream}]`;
  const upstream = [
    line.upstreamAddress,
    line.upstreamLength,
    line.upstreamTime,
    line.upstreamStatus,
    line.requestId,
    line.host,
  ].join(' ');
  return [
    head,
    sizes,
    route,
    upstream,
    ...(line.alternative === undefined ? [] : [`[${line.alternative}]`]),
  ].join(' ');
}
