import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLine } from '../../../../emulator/ingest/forms/read-line.ts';
import { unwrap } from '../../../../emulator/ingest/forms/wrapper.ts';
import type { LogRecord } from '../../../../emulator/log-record.ts';
import {
  accessLine,
  ackRecord,
  ackText,
  defaultText,
  jsonText,
} from '../../../../emulator/traffic/access-line.ts';
import { retried, servedByCanary } from '../../../../emulator/traffic/oddities.ts';
import { expectWithin, processorMs } from '../../../support/own-time.ts';

const plain = accessLine({
  atSeconds: 1_795_444_841,
  agent: 'a [b] [c] "d"'.replaceAll('"', String.raw`\x22`),
});
const odd = servedByCanary(retried(plain), 'default-web-canary-80');
const iso = '2026-11-23T14:40:41.123456789Z';
const pod = '[pod/ingress-nginx-controller-7d4db76476-x2x9q/controller] ';

function recordOf(line: string): LogRecord {
  const read = readLine(unwrap(line));
  if (read.kind === 'other') throw new Error(`${read.met}: ${line}`);
  return read.record;
}

const docker = (text: string) => JSON.stringify({ log: `${text}\n`, stream: 'stdout', time: iso });

const wrappers: [string, (text: string) => string][] = [
  ['nothing', (text) => text],
  ['a CRI runtime', (text) => `${iso} stdout F ${text}`],
  ['a CRI runtime in another zone', (text) => `2026-11-23T22:40:41.1+08:00 stdout F ${text}`],
  ['docker', docker],
  ['kubectl logs --prefix', (text) => `${pod}${text}`],
  ['kubectl logs --timestamps', (text) => `${iso} ${text}`],
  ['kubectl logs --prefix --timestamps', (text) => `${pod}${iso} ${text}`],
  ['a byte order mark', (text) => `\uFEFF${text}`],
  ['fluent-bit', (text) => JSON.stringify({ log: text, stream: 'stdout', kubernetes: { pod_name: 'x' } })],
  ['filebeat', (text) => JSON.stringify({ '@timestamp': iso, message: text })],
  ['a download from SLS', (text) => JSON.stringify({ content: text, __time__: '1795444841' })],
  ['docker within CRI', (text) => `${iso} stdout F ${docker(text)}`],
];

/** The fields of the plain request without some of them. */
function fieldsWithout(...names: readonly string[]): LogRecord['fields'] {
  return Object.fromEntries(
    Object.entries(ackRecord(plain).fields).filter(([name]) => !names.includes(name)),
  );
}

const withoutHost = fieldsWithout('x_forward_for', 'host');
const lists = {
  upstream_addr: '10.8.0.21:80, 10.8.0.11:8080',
  upstream_response_length: '0, 612',
  upstream_response_time: '0.001, 0.119',
  upstream_status: '502, 200',
  proxy_alternative_upstream_name: 'default-web-canary-80',
};

describe.each(wrappers)('readLine of a line wrapped by %s', (_name, wrap) => {
  it("reads ACK's form, misread where the collector misreads", () => {
    expect(recordOf(wrap(ackText(plain)))).toEqual(ackRecord(plain));
    expect(recordOf(wrap(ackText(odd)))).toEqual(ackRecord(odd));
  });

  it('reads the default form of ingress-nginx, without a field host, with whole lists', () => {
    expect(recordOf(wrap(defaultText(plain)))).toEqual({ timeSeconds: 1_795_444_841, fields: withoutHost });
    const fields = { ...withoutHost, ...lists, request_time: odd.requestTime };
    expect(recordOf(wrap(defaultText(odd)))).toEqual({ timeSeconds: 1_795_444_841, fields });
  });

  it('reads JSON with the variables of nginx', () => {
    expect(recordOf(wrap(jsonText(plain)))).toEqual({
      timeSeconds: 1_795_444_841,
      fields: { ...fieldsWithout('x_forward_for'), time: '2026-11-23T14:40:41+00:00' },
    });
    expect(recordOf(wrap(jsonText(odd))).fields).toMatchObject({ ...lists, request_time: odd.requestTime });
  });
});

describe('readLine', () => {
  it.each<[string, string]>([
    ['0.24, which has the real address too', defaultText(plain).replace(' - - ', ' - [10.9.0.7] - - ')],
    ['before canaries, without the alternative name', defaultText(plain).replace('] [] ', '] ')],
    ['that has the host at its end', `${defaultText(plain)} www.example.com`],
  ])('reads the default form of a controller %s', (_name, line) => {
    expect(recordOf(line)).toMatchObject({
      timeSeconds: 1_795_444_841,
      fields: {
        proxy_upstream_name: 'default-web-80',
        upstream_addr: '10.8.0.11:8080',
        req_id: plain.requestId,
      },
    });
    expect(recordOf(line).fields).not.toHaveProperty('host');
  });

  // Source: elastic/beats#20813.
  it('reads the host that a line of the default form starts with', () => {
    const { fields } = recordOf(`www.example.com ${defaultText(odd)}`);
    expect(fields).toEqual({
      ...withoutHost,
      ...lists,
      request_time: odd.requestTime,
      host: 'www.example.com',
    });
  });

  // Source: elastic/beats#30697.
  it('reads lists with values that are missing', () => {
    const line = defaultText(plain).replace(
      '8080 612 0.119 200',
      '8080, 10.8.0.12:8080 612, - 0.119, - 200, -',
    );
    expect(recordOf(line).fields).toMatchObject({ upstream_status: '200, -', req_id: plain.requestId });
  });

  it("takes an IPv6 upstream of ACK's form for an address, not for a name", () => {
    const line = {
      ...plain,
      attempts: [{ addr: '[2001:db8::9]:80', length: '1', time: '0.1', status: '200' }],
    };
    expect(recordOf(ackText(line))).toEqual(ackRecord(line));
  });

  // Source: kubernetes/ingress-nginx#10566.
  const nested = {
    timestamp: '2026-11-23T14:40:41+00:00',
    requestID: 'r1',
    proxyUpstreamName: 'default-web-80',
    proxyAlternativeUpstreamName: '',
    upstreamStatus: '200',
    upstreamAddr: '10.8.0.1:80',
    httpRequest: {
      requestMethod: 'GET',
      requestUrl: 'www.example.com/',
      status: 200,
      requestSize: '348',
      responseSize: '61',
      userAgent: 'curl/8',
      remoteIp: '10.9.0.7',
      latency: '0.001 s',
      protocol: 'HTTP/1.1',
    },
  };

  it.each<[string, string, Record<string, string>]>([
    [
      'nested, in camel case',
      JSON.stringify(nested),
      { req_id: 'r1', status: '200', method: 'GET', request_length: '348', client_ip: '10.9.0.7' },
    ],
    [
      'with numbers, and short names',
      '{"time": "2026-11-23T14:40:41+00:00", "user": "-", "status": 200, "path": "/x", "proto": "HTTP/2.0", "referrer": "-", "request_time": 0.120, "proxy_upstream_name": "default-web-80", "vhost": "www.example.com"}',
      { status: '200', url: '/x', version: 'HTTP/2.0', request_time: '0.12', host: 'www.example.com' },
    ],
    [
      'with milliseconds of nginx',
      '{"msec": "1795444841.250", "proxy_upstream_name": "default-web-80", "request": "GET /a b HTTP/1.1"}',
      { method: 'GET', url: '/a', version: 'b HTTP/1.1' },
    ],
    [
      'without the escapes of JSON',
      String.raw`{"time_local": "23/Nov/2026:14:40:41 +0000", "http_user_agent": "a \x22b\x22", "upstream_status": -, "body_bytes_sent": , "proxy_upstream_name": "default-web-80"}`,
      { http_user_agent: 'a "b"' },
    ],
    [
      'with the names of the collector, as SLS exports them',
      JSON.stringify({ ...ackRecord(plain).fields, __time__: '1795444841' }),
      { client_ip: '10.9.0.7', request_length: '300' },
    ],
  ])('reads JSON %s', (_name, line, fields) => {
    expect(recordOf(line)).toMatchObject({
      timeSeconds: 1_795_444_841,
      fields: { proxy_upstream_name: 'default-web-80', ...fields },
    });
  });

  it('takes the time of the wrapper for JSON without a time', () => {
    expect(recordOf(`${iso} stdout F {"proxy_upstream_name":"default-web-80"}`)).toEqual({
      timeSeconds: 1_795_444_841,
      fields: { proxy_upstream_name: 'default-web-80' },
    });
  });

  it.each(['bytes_sent', 'duration', 'latency', 'bytes'])(
    'does not take %s of JSON for another field',
    (key) => {
      const line = { time: iso, proxy_upstream_name: 'default-web-80', [key]: 7 };
      expect(Object.keys(recordOf(JSON.stringify(line)).fields)).toEqual(['proxy_upstream_name', 'time']);
    },
  );
});

const combined = '10.9.0.7 - - [23/Nov/2026:14:40:41 +0000] "GET / HTTP/1.1" 200 61';

describe('the name of a line that is no request', () => {
  it.each<[string, string, boolean?]>([
    ['', 'an empty line'],
    ['nonsense', 'an unknown form'],
    [combined, 'the combined or common format'],
    [`${combined} "-" "curl/8"`, 'the combined or common format'],
    [`${combined} "-" "curl/8" "10.1.1.1"`, 'the combined or common format'],
    [
      `${combined} "-" "curl/8" 348 0.001 [default-stock-80] [] 10.8.0.1:80 61`,
      "ingress-nginx's default form, but with no valid upstream length",
    ],
    [ackText({ ...plain, status: 'OK' }), "ACK's form, but with no valid status"],
    [ackText({ ...plain, method: '', url: '', version: '' }), "ACK's form, but with no valid request"],
    [`${combined} "-" "curl/8" 1 "web@docker" "http://10.0.0.1:80" 3ms`, 'the access log of Traefik'],
    ['{"RouterName":"web@docker","DownstreamStatus":200}', 'the access log of Traefik, as JSON'],
    ['[2026-11-23T14:40:41.123Z] "GET / HTTP/1.1" 200 - 0 61 1 0 "-" "curl/8"', 'the access log of Envoy'],
    ['{"upstream_cluster":"outbound|80||web","response_flags":"-"}', 'the access log of Envoy, as JSON'],
    [
      'https 2026-11-23T14:40:41.123Z app/x/50dc6c495c0c9188 10.9.0.7:1 10.8.0.1:80',
      'the access log of an AWS load balancer',
    ],
    ['{"slb_pool_name":"default-web-80","status":"200"}', 'JSON of ALB, but with no valid time with a zone'],
    ['{"app_lb_id":"alb-1","status":"200"}', 'the access log of an Alibaba Cloud ALB without slb_pool_name'],
    ['{"time":"2026-11-23T14:40:41+00:00","status":200,"vhost":"a"}', 'JSON without a route'],
    ['{"proxy_upstream_name":"default-web-80","time":"yesterday"}', 'JSON, but with no valid time'],
    ['{"proxy_upstream_name":"default-', 'JSON that is invalid'],
    ['[{"status":200}', 'JSON that is invalid'],
    ['[10.9.0.7] [23/Nov/2026:14:40:41 +0000] TCP 200 1 2 0.003', 'the log of TCP and UDP streams'],
    ['<190>Nov 23 14:40:41 node nginx: x', 'syslog'],
    ['method=GET status=200', 'key=value pairs'],
    ['\x1F\uFFFD\x08\0', 'a gzip file'],
    ['\uFFFD\uFFFD1\0' + '0\0.\0' + '9\0', 'UTF-16 text'],
    [
      'I1123 14:40:41.123456       7 controller.go:190] "Configuration changes detected"',
      'the log of the ingress controller',
      false,
    ],
    ['2026/11/23 14:40:41 [error] 31#31: *1 connect() failed', 'the error log of nginx', false],
    [`${iso} stderr F x`, 'standard error', false],
    [JSON.stringify({ log: 'x\n', stream: 'stderr', time: iso }), 'standard error', false],
  ])('%j', (line, met, isCollected = true) => {
    expect(readLine(unwrap(line))).toEqual({
      kind: 'other',
      met: expect.stringMatching(new RegExp(`^${met.replace(/[+()]/g, String.raw`\$&`)}`)) as string,
      isCollected,
    });
  });
});

describe('readLine of any text', () => {
  const lines = wrappers.flatMap(([, wrap]) => [ackText(odd), defaultText(odd), jsonText(odd)].map(wrap));

  it('throws for none, and gives each request a time', () => {
    const mangled = fc
      .tuple(fc.constantFrom(...lines), fc.nat(300), fc.nat(40), fc.string())
      .map(([line, from, length, put]) => line.slice(0, from) + put + line.slice(from + length));
    fc.assert(
      fc.property(fc.oneof(mangled, fc.string(), fc.json()), (line) => {
        const read = readLine(unwrap(line));
        if (read.kind === 'request') expect(read.record.timeSeconds).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });

  it.each(['{"a": ', `${combined} "`, '{"a":"\\x', '2026-11-23T14:40:41Z ', '" a a [', ' - [', '\0a'])(
    'is linear in the length of a long line of %j',
    (part) => {
      const read = () => {
        for (const pad of [' ', 'x', part])
          for (const start of [part, `10.9.0.7 - - ${part}`])
            readLine(unwrap(start + pad.repeat(200_000 / pad.length)));
      };
      expectWithin(processorMs(read), 2000);
    },
  );
});
