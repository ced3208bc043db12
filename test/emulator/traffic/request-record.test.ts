import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAckLine } from '../../../emulator/ingest/forms/ack-form.ts';
import { requestRecord } from '../../../emulator/traffic/request-record.ts';
import { demoRoutes } from '../../../emulator/traffic/routes.ts';
import { logLine } from '../../support/access-log.ts';

const random = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));

describe('requestRecord', () => {
  it('equals the parsed log line of the same request', () => {
    fc.assert(
      fc.property(fc.constantFrom(...demoRoutes()), random, (route, stream) => {
        const record = requestRecord(route, 1_795_444_841.9, () => Number(stream.next().value));
        const of = (key: string) => record.fields[key] ?? `no ${key}`;
        const line = logLine({
          client: of('client_ip'),
          forwarded: of('x_forward_for'),
          user: of('remote_user'),
          time: `${of('time')} +0000`,
          request: `${of('method')} ${of('url')} ${of('version')}`,
          status: of('status'),
          bodyBytes: of('body_bytes_sent'),
          referer: of('http_referer'),
          agent: of('http_user_agent'),
          requestLength: of('request_length'),
          requestTime: of('request_time'),
          upstream: route.name,
          upstreamAddress: of('upstream_addr'),
          upstreamLength: of('upstream_response_length'),
          upstreamTime: of('upstream_response_time'),
          upstreamStatus: of('upstream_status'),
          requestId: of('req_id'),
          host: route.host,
          alternative: '',
        });
        expect(parseAckLine(line)).toEqual({ kind: 'record', record });
        expect(record.timeSeconds).toBe(1_795_444_841);
        expect(Number(of('request_time'))).toBeGreaterThanOrEqual(Number(of('upstream_response_time')));
      }),
    );
  });

  it('fails at the failure share of the route', () => {
    const [route] = demoRoutes();
    if (route === undefined) throw new Error('the demo has no routes');
    const failing = requestRecord({ ...route, failureShare: 0.5 }, 0, () => 0.49);
    const serving = requestRecord({ ...route, failureShare: 0.5 }, 0, () => 0.5);
    expect([failing.fields['status'], serving.fields['status']]).toEqual(['502', '200']);
  });
});
