import { describe, expect, it } from 'vitest';
import { heartbeatTarget } from '../../src/config/heartbeat-section.ts';
import { configSchema } from '../../src/config/schema.ts';

const url = 'http://nginx-ingress-lb.kube-system.svc/';
const parse = (heartbeat: object, defaults: object = {}) =>
  configSchema.safeParse({ sls: { region: 'cn-beijing' }, heartbeat, defaults });
const faultsOf = (...given: Parameters<typeof parse>) =>
  (parse(...given).error?.issues ?? []).map(({ path }) => path.join('.'));

describe('heartbeat', () => {
  it('is off by default', () => {
    expect(heartbeatTarget(configSchema.parse({ sls: { region: 'cn-beijing' } }))).toBeUndefined();
  });

  it('is logged in its own logstore, or in the default one', () => {
    const targetOf = (...given: Parameters<typeof parse>) => {
      const { data } = parse(...given);
      return data && heartbeatTarget(data);
    };
    const defaults = { project: 'p1', logstore: 'l1' };
    expect(targetOf({ url }, defaults)).toEqual({ url: new URL(url), ...defaults });
    expect(targetOf({ url, logstore: 'l2' }, defaults)).toMatchObject({ project: 'p1', logstore: 'l2' });
    expect(faultsOf({ url })).toEqual(['heartbeat.project', 'heartbeat.logstore']);
    expect(faultsOf({ url, project: 'p1' })).toEqual(['heartbeat.logstore']);
  });

  it.each([
    'https://10.0.0.1:8443/healthz',
    'http://a.b.svc.cluster.local:8080/x?y=1',
    'http://[fd00::1]/',
    'http://127.0.0.1:80',
  ])('takes %s', (inside) => {
    expect(faultsOf({ url: inside, project: 'p1', logstore: 'l1' })).toEqual([]);
  });

  it.each([
    'http://www.example.com/',
    'http://8.8.8.8/',
    'http://2130706433.example.com/',
    'http://0x08080808/',
    'http://100.100.100.200/latest/meta-data',
    'http://localhost/',
    'ftp://a.b.svc/',
    'http://user:pass@a.b.svc/',
    'http://a.b.svc/#c',
    'a.b.svc',
    '',
    5,
  ])('refuses %s', (outside) => {
    expect(faultsOf({ url: outside, project: 'p1', logstore: 'l1' })).toEqual(['heartbeat.url']);
  });
});
