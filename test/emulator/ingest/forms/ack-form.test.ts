import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAckLine } from '../../../../emulator/ingest/forms/ack-form.ts';
import type { LogRecord } from '../../../../emulator/log-record.ts';
import { type LogLine, logLine } from '../../../support/access-log.ts';
import { expectWithin, processorMs } from '../../../support/own-time.ts';

function recordOf(line: string): LogRecord {
  const parsed = parseAckLine(line);
  if (parsed.kind === 'unparsed') throw new Error(`${parsed.reason}: ${line}`);
  return parsed.record;
}

const fieldsOf = (fields: Partial<LogLine>) => recordOf(logLine(fields)).fields;

describe('parseAckLine', () => {
  it('reads all 21 fields of a line, with its time', () => {
    const line =
      '10.4.0.7 - [10.4.0.8] - alice [23/Nov/2026:22:40:41 +0800] "POST /v1/models/bert:predict?x=1 HTTP/2.0" ' +
      '201 1437 "https://a.example.com/" "Mozilla/5.0 (X11; Linux)" 512 0.045 [default-web-80] ' +
      '172.16.0.9:8080 1437 0.044 201 46b79c0ffee a.example.com [default-web-canary-80]';
    expect(recordOf(line)).toEqual({
      timeSeconds: 1_795_444_841,
      fields: {
        client_ip: '10.4.0.7',
        x_forward_for: '10.4.0.8',
        remote_user: 'alice',
        time: '23/Nov/2026:22:40:41',
        method: 'POST',
        url: '/v1/models/bert:predict?x=1',
        version: 'HTTP/2.0',
        status: '201',
        body_bytes_sent: '1437',
        http_referer: 'https://a.example.com/',
        http_user_agent: 'Mozilla/5.0 (X11; Linux)',
        request_length: '512',
        request_time: '0.045',
        proxy_upstream_name: 'default-web-80',
        upstream_addr: '172.16.0.9:8080',
        upstream_response_length: '1437',
        upstream_response_time: '0.044',
        upstream_status: '201',
        req_id: '46b79c0ffee',
        host: 'a.example.com',
        proxy_alternative_upstream_name: 'default-web-canary-80',
      },
    });
  });

  it.each<[string, Partial<LogLine>, Record<string, string>]>([
    [
      'a canary that did not serve the request',
      { alternative: '' },
      { proxy_upstream_name: 'default-web-80', proxy_alternative_upstream_name: '' },
    ],
    [
      'the default backend',
      { upstream: 'upstream-default-backend', status: '404' },
      { proxy_upstream_name: 'upstream-default-backend', status: '404' },
    ],
    [
      'a custom default backend',
      { upstream: 'custom-default-backend-shop-errors' },
      { proxy_upstream_name: 'custom-default-backend-shop-errors' },
    ],
    ['a request without a backend', { upstream: '' }, { proxy_upstream_name: '' }],
    [
      'a request that reached no upstream',
      { upstreamAddress: '-', upstreamLength: '-', upstreamTime: '-', upstreamStatus: '-' },
      { upstream_addr: '-', upstream_status: '-', host: 'a.example.com' },
    ],
    [
      'an IPv6 client',
      { client: '2001:db8::7', forwarded: '2001:db8::7' },
      { client_ip: '2001:db8::7', x_forward_for: '2001:db8::7' },
    ],
    ['an IPv6 upstream', { upstreamAddress: '[2001:db8::9]:80' }, { upstream_addr: '[2001:db8::9]:80' }],
    [
      'quotes and bytes that nginx escapes',
      { agent: String.raw`a \x22quoted\x22 \xE4`, request: String.raw`GET /\x22x\x22 HTTP/1.1` },
      { http_user_agent: String.raw`a \x22quoted\x22 \xE4`, url: String.raw`/\x22x\x22` },
    ],
    [
      'a space in the URL, which the default expression puts into the version',
      { request: 'GET /a b HTTP/1.1' },
      { method: 'GET', url: '/a', version: 'b HTTP/1.1', proxy_upstream_name: 'default-web-80' },
    ],
  ])('reads %s', (_, given, expected) => {
    expect(fieldsOf(given)).toMatchObject(expected);
  });

  it('does not set the alternative name for a line of the older format', () => {
    const fields = fieldsOf({ alternative: undefined });
    expect(fields).not.toHaveProperty('proxy_alternative_upstream_name');
    expect(fields).toMatchObject({ host: 'a.example.com', proxy_upstream_name: 'default-web-80' });
  });

  const retried = {
    upstreamAddress: '10.0.0.1:80, 10.0.0.2:80',
    upstreamLength: '0, 5',
    upstreamTime: '0.001, 0.002',
    upstreamStatus: '502, 200',
    requestId: '46b79',
  };

  it('shifts the fields after the upstream name of a retried request, like the default expression', () => {
    expect(fieldsOf(retried)).toMatchObject({
      request_time: '0.004',
      proxy_upstream_name: 'default-web-80',
      upstream_addr: '10.0.0.1:80,',
      upstream_response_length: '10.0.0.2:80',
      upstream_response_time: '0,',
      upstream_status: '5',
      req_id: '0.001,',
      host: '0.002',
      proxy_alternative_upstream_name: '502, 200 46b79 a.example.com [',
    });
  });

  it('shifts the fields of an internal redirect in the same way', () => {
    const fields = fieldsOf({
      ...retried,
      upstreamAddress: '10.0.0.1:80 : 10.0.0.2:80',
      alternative: 'canary',
    });
    expect(fields).toMatchObject({ proxy_upstream_name: 'default-web-80', upstream_response_length: ':' });
    expect(fields['proxy_alternative_upstream_name']).toBe('0.002 502, 200 46b79 a.example.com [canary');
  });

  it('does not set the alternative name for a retried request of the older format', () => {
    expect(fieldsOf({ ...retried, alternative: undefined })).not.toHaveProperty(
      'proxy_alternative_upstream_name',
    );
  });

  it.each<[string, string, string]>([
    ['an empty line', '', 'client address'],
    ['another format', '{"status":200}', 'client address'],
    ['the format of stock ingress-nginx', logLine().replace(' - [10.4.0.7]', ''), 'forwarded address'],
    ['an empty request', logLine({ request: '' }), 'request "METHOD URL VERSION"'],
    ['no request', logLine({ request: '-' }), 'request "METHOD URL VERSION"'],
    ['a TLS hello', logLine({ request: String.raw`\x16\x03\x01\x02` }), 'request "METHOD URL VERSION"'],
    ['a request without a version', logLine({ request: 'GET /' }), 'request "METHOD URL VERSION"'],
    ['a status in words', logLine({ status: 'OK' }), 'status'],
    ['a size that is not a number', logLine({ bodyBytes: '-' }), 'size of the body'],
    ['an impossible date', logLine({ time: '31/Nov/2026:14:40:41 +0000' }), 'time'],
    ['a time without zone', logLine({ time: '23/Nov/2026:14:40:41' }), 'time'],
    ['a line truncated in its upstreams', logLine().split(' 612 0.003')[0] ?? '', 'upstream address'],
  ])('reports %s as unparsed, with the part that is wrong', (_, line, what) => {
    expect(parseAckLine(line)).toEqual({
      kind: 'unparsed',
      reason: expect.stringContaining(`no valid ${what}`) as string,
    });
  });

  it('throws for no line', () => {
    const mangled = fc
      .tuple(fc.constant(logLine(retried)), fc.nat(300), fc.nat(300), fc.string())
      .map(([line, from, length, put]) => line.slice(0, from) + put + line.slice(from + length));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), mangled), (line) => {
        expect(['record', 'unparsed']).toContain(parseAckLine(line).kind);
      }),
      { numRuns: 1000 },
    );
  });

  it('needs time linear in the length of the line, also for a malicious one', () => {
    const hostile = logLine({ requestTime: '1'.repeat(200_000) }).replace(' [default-web-80]', '');
    const parse = () => expect(parseAckLine(hostile).kind).toBe('unparsed');
    expectWithin(processorMs(parse), 500);
  });

  const word = fc.stringMatching(/^[^\s"[\]\\\u0080-\uffff]{1,20}$/);
  const quoted = fc.stringMatching(/^[^"\n\r\\\u0080-\uffff]{0,30}$/);
  const whole = fc.nat().map(String);
  const seconds = fc.nat(100_000).map((ms) => (ms / 1000).toFixed(3));
  const bracketed = fc.stringMatching(/^[^\]\n\r]{0,40}$/);

  it('reads every field of a generated line', () => {
    const line = fc.record({
      client: word,
      forwarded: word,
      user: word,
      status: whole,
      bodyBytes: whole,
      referer: quoted,
      agent: quoted,
      requestLength: whole,
      requestTime: seconds,
      upstream: bracketed,
      upstreamAddress: word,
      upstreamLength: whole,
      upstreamTime: seconds,
      upstreamStatus: whole,
      requestId: word,
      host: word,
      alternative: fc.stringMatching(/^[a-z0-9-]{0,40}$/),
    });
    fc.assert(
      fc.property(line, fc.stringMatching(/^[A-Z]{1,8}$/), word, word, (given, method, url, version) => {
        expect(fieldsOf({ ...given, request: `${method} ${url} ${version}` })).toEqual({
          client_ip: given.client,
          x_forward_for: given.forwarded,
          remote_user: given.user,
          time: '23/Nov/2026:14:40:41',
          method,
          url,
          version,
          status: given.status,
          body_bytes_sent: given.bodyBytes,
          http_referer: given.referer,
          http_user_agent: given.agent,
          request_length: given.requestLength,
          request_time: given.requestTime,
          proxy_upstream_name: given.upstream,
          upstream_addr: given.upstreamAddress,
          upstream_response_length: given.upstreamLength,
          upstream_response_time: given.upstreamTime,
          upstream_status: given.upstreamStatus,
          req_id: given.requestId,
          host: given.host,
          proxy_alternative_upstream_name: given.alternative,
        });
      }),
    );
  });
});
