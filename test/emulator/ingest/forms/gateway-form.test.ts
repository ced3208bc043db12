import { describe, expect, it } from 'vitest';
import { readLine } from '../../../../emulator/ingest/forms/read-line.ts';
import { unwrap } from '../../../../emulator/ingest/forms/wrapper.ts';
import { accessLine } from '../../../../emulator/traffic/access-line.ts';
import {
  albText,
  envoyGatewayText,
  envoyRequestOf,
  mseText,
} from '../../../../emulator/traffic/gateway-line.ts';

describe('the line of another gateway', () => {
  const line = accessLine({ atSeconds: 1_658_460_600 });
  it.each([
    ['JSON of ALB', albText(line), { slb_pool_name: 'default-web-80', status: '200' }],
    [
      'JSON of MSE or Higress',
      mseText(envoyRequestOf(line)),
      { upstream_cluster: 'outbound|80||web.default.svc.cluster.local', duration: '120' },
    ],
    [
      'JSON of Envoy Gateway',
      envoyGatewayText({ ...envoyRequestOf(line), upstreamHost: undefined }),
      { 'x-envoy-upstream-service-time': '119', upstream_host: '', response_code: '200' },
    ],
  ])('is read as %s, with its own fields', (form, text, fields) => {
    expect(readLine(unwrap(`2022-07-22T03:30:00.1Z stdout F ${text}`))).toEqual({
      ...{ kind: 'request', form },
      record: { timeSeconds: line.atSeconds, fields: expect.objectContaining(fields) as object },
    });
  });
});
