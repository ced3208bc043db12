import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';

function faultsOf(tree: unknown): readonly string[] {
  const { error } = configSchema.safeParse(tree);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
}

const sls = { region: 'cn-beijing' };
const metric = { name: 'm', description: 'Lines', unit: 'lines', aggregate: 'count(*)' };

/** Each place of the configuration that names something of SLS. */
const places: readonly (readonly [path: string, mustBe: string, tree: (name: string) => unknown])[] = [
  ['defaults.project', 'must be a project such as', (project) => ({ sls, defaults: { project } })],
  ['defaults.logstore', 'must be a logstore such as', (logstore) => ({ sls, defaults: { logstore } })],
  [
    'metrics.0.project',
    'must be a project such as',
    (project) => ({ sls, metrics: [{ ...metric, project }] }),
  ],
  [
    'metrics.0.logstore',
    'must be a logstore such as',
    (logstore) => ({ sls, metrics: [{ ...metric, logstore }] }),
  ],
  ['projects.0.project', 'must be a project such as', (project) => ({ sls, projects: [{ project }] })],
  ['sls.region', 'must be a region such as', (region) => ({ sls: { region } })],
  [
    'projects.0.sls.region',
    'must be a region such as',
    (region) => ({ sls, projects: [{ project: '*', sls: { region } }] }),
  ],
  [
    'sls.endpoint',
    'must be a URL such as',
    (host) => ({ sls: { endpoint: `https://${host}.log.aliyuncs.com` } }),
  ],
  [
    'projects.0.sls.endpoint',
    'must be a URL such as',
    (host) => ({ sls, projects: [{ project: '*', sls: { endpoint: `https://${host}.log.aliyuncs.com` } }] }),
  ],
];

describe.each(places)('%s', (path, mustBe, tree) => {
  it('is a name that SLS allows', () => {
    expect(faultsOf(tree('cn-beijing'))).toEqual([]);
  });

  it.each(['k8s-log-${CLUSTER}', '$(CLUSTER)', '{{ .Values.cluster }}', 'a b', ''])(
    'is refused for a name that SLS does not allow: %j',
    (name) => {
      const found = faultsOf(tree(name));
      expect(found.filter((fault) => fault.startsWith(`${path} ${mustBe}`))).toHaveLength(found.length);
      expect(found.length).toBeGreaterThan(0);
    },
  );
});

it.each(['cn-hangzhou-intranet', 'cn-hangzhou-vpc', 'ap-southeast-1-internal'])(
  'the region %s, with its network, is refused with the setting for the network',
  (region) => {
    const refused =
      'must be a region without its network, such as cn-beijing: sls.network (--network) chooses the endpoint, and intranet is the default';
    expect(faultsOf({ sls: { region } })).toEqual([`sls.region ${refused}`]);
    expect(faultsOf({ sls, projects: [{ project: '*', sls: { region } }] })).toEqual([
      `projects.0.sls.region ${refused}`,
    ]);
  },
);

it('a region is not the host of its endpoint', () => {
  expect(faultsOf({ sls: { region: 'cn-beijing.log.aliyuncs.com' } })).toEqual([
    'sls.region must be a region such as cn-beijing',
  ]);
});

describe('hosts', () => {
  const long = 'web.c0123456789abcdef0123456789abcdef.cn-beijing.alicontainer.com';

  it('maps aliases to hosts of any length', () => {
    expect(faultsOf({ sls, hosts: { Web: long, 'Shop.v2': 'shop.example.com' } })).toEqual([]);
  });

  it.each(['web', '8', 'A b', '', 'A-', `A${'a'.repeat(63)}`])(
    'refuses an alias that could be a host or no label value: %j',
    (alias) => {
      expect(faultsOf({ sls, hosts: { [alias]: long } })).toEqual([
        expect.stringMatching(
          new RegExp(`^hosts.${alias} must have an alias that begins with a capital letter`),
        ),
      ]);
    },
  );

  it.each(['Web.example.com', '*.example.com', 'a b', '', 'a'.repeat(254), 5])(
    'refuses what is no host: %j',
    (host) => {
      expect(faultsOf({ sls, hosts: { Web: host } })).toEqual([
        'hosts.Web must be a host name in lower case, such as api.example.com',
      ]);
    },
  );

  it.each([[['a']], 'web', 5])('refuses what is no mapping: %j', (hosts) => {
    expect(faultsOf({ sls, hosts })).toEqual([
      'hosts must be a mapping of aliases to hosts, such as { Web: web.example.com }',
    ]);
  });
});
