import { describe, expect, it } from 'vitest';
import { parseAckLine } from '../../../emulator/ingest/forms/ack-form.ts';
import { accessLine, ackRecord, ackText, type AccessLine } from '../../../emulator/traffic/access-line.ts';
import {
  answeredByErrorPage,
  cutByReload,
  retried,
  servedByCanary,
  servedByDefaultBackend,
  withAuthSubrequest,
  withoutReadyPod,
} from '../../../emulator/traffic/oddities.ts';
import { requestLines, requestRecords } from '../../../emulator/traffic/request-record.ts';
import { demoRoutes } from '../../../emulator/traffic/routes.ts';

const plain = accessLine({ atSeconds: 1_795_444_841 });
const canary = 'default-web-canary-80';
const backend = 'custom-default-backend-default-errors';
const failed: AccessLine = { ...plain, status: '503' };

describe('lines of requests that do not go the plain way', () => {
  it.each<[string, AccessLine]>([
    ['a plain request', plain],
    ['a retried one', retried(plain)],
    ['a canary', servedByCanary(plain, canary)],
    ['a retried canary', servedByCanary(retried(plain), canary)],
    ['the subrequest of auth-url', withAuthSubrequest(plain)[0]],
    ['a reload', cutByReload(plain)],
    ['an error page', answeredByErrorPage(failed)],
    ['a default backend', servedByDefaultBackend(plain, backend)],
    ['no ready pod', withoutReadyPod(plain)],
  ])('the record of %s is what the collector reads from its line', (_, line) => {
    expect(parseAckLine(ackText(line))).toEqual({ kind: 'record', record: ackRecord(line) });
  });

  it('a retried request of a canary has the canary after the last bracket of the misread field', () => {
    const { fields } = ackRecord(servedByCanary(retried(plain), canary));
    expect(fields).toMatchObject({
      proxy_upstream_name: 'default-web-80',
      upstream_response_length: '10.8.0.11:8080',
    });
    expect(fields['proxy_alternative_upstream_name']).toMatch(/^.+ \[default-web-canary-80$/);
  });

  it('an error page names the default backend and both upstreams', () => {
    expect(ackText(answeredByErrorPage(failed))).toContain(
      '[upstream-default-backend] 10.8.0.11:8080 : 10.8.0.99:8080 0 : 48',
    );
  });

  it('the subrequest of auth-url has the id and the route of its request, and a length of 0', () => {
    const [subrequest, line] = withAuthSubrequest(plain).map((each) => ackRecord(each).fields);
    expect(subrequest).toMatchObject({ request_length: '0', body_bytes_sent: '0', req_id: line?.['req_id'] });
    expect(subrequest?.['proxy_upstream_name']).toBe(line?.['proxy_upstream_name']);
  });
});

describe('requests of a route with oddities', () => {
  const [, web] = demoRoutes();
  if (web === undefined) throw new Error('the demo has no second route');
  const good = { ...web, failureShare: 0 };
  const lineOf = (route: typeof web) => requestLines(route, 1_795_444_841, () => 0.5).at(-1);

  it('are plain unless the route says otherwise', () => {
    expect(requestLines(good, 1, () => 0.5)).toHaveLength(1);
    expect(lineOf(good)).toMatchObject({
      upstreamName: 'default-web-80',
      alternativeName: '',
      status: '200',
    });
  });

  it.each<[string, Partial<typeof web>, Partial<AccessLine>]>([
    [
      'a canary with its share',
      { canary: { name: canary, share: 0.6 } },
      { alternativeName: canary, status: '200' },
    ],
    [
      'a canary that fails',
      { canary: { name: canary, share: 1, failureShare: 1 } },
      { alternativeName: canary, status: '502', upstreamName: 'default-web-80' },
    ],
    ['a canary without its share', { canary: { name: canary, share: 0.4 } }, { alternativeName: '' }],
    ['a reload', { reloadShare: 1 }, { status: '000' }],
    [
      'error pages of failed requests',
      { errorPagesOf: 'upstream-default-backend', failureShare: 1 },
      { upstreamName: 'upstream-default-backend', redirected: true, status: '502' },
    ],
    ['error pages of good requests', { errorPagesOf: backend }, { upstreamName: 'default-web-80' }],
    ['no ready pod', { servedBy: backend }, { upstreamName: backend, status: '503' }],
  ])('%s', (_, given, expected) => {
    expect(lineOf({ ...good, ...given })).toMatchObject(expected);
  });

  it('are retried on a second pod, and doubled by auth-url', () => {
    expect(lineOf({ ...good, retriedShare: 1 })?.attempts.map(({ status }) => status)).toEqual([
      '502',
      '200',
    ]);
    const doubled = requestRecords({ ...good, authSubrequests: true }, 1_795_444_841, () => 0.5);
    expect(doubled.map(({ fields }) => fields['status'])).toEqual(['202', '200']);
  });
});
