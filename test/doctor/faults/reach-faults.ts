import { createServer, type AddressInfo } from 'node:net';
import { accessKey, logstore, project } from '../../support/adapter.ts';
import { startSilentSls } from '../../sls/raw-sls.ts';
import { startHttpProxy } from '../../support/http-proxy.ts';
import { refusal, type Fault } from './fault.ts';

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Faults of the configuration, credentials, network and clock. */
export const reachFaults: readonly Fault[] = [
  {
    name: 'the configuration is wrong in several places',
    inject: (setup) => {
      setup.flags = { region: 'Beijing!' };
      setup.file = 'reading: { refreshesIn15Seconds: -1 }\nslss: {}\n';
    },
    check: 'configuration',
    status: 'failed',
    found: [
      'sls.region (--region) is "Beijing!" and must be a region such as cn-beijing',
      'reading.refreshesIn15Seconds',
      'must be a whole number from 0 to 15',
      'slss',
      'is not a setting',
    ],
    remedy: 'Correct each setting as its line says. docs/configuration.md lists all settings.',
    skipped: ['kubernetes', 'hpas', 'target', 'access', 'endpoint', 'apiservice', 'hpa-access'],
  },
  {
    name: 'there are no credentials',
    inject: (setup) => {
      setup.env = { ...setup.env, ALIBABA_CLOUD_ACCESS_KEY_ID: undefined };
      setup.file = 'sls: { credentials: { source: environment } }';
    },
    check: 'credentials',
    status: 'failed',
    found: ['no credentials for SLS (environment)', 'neither ALIBABA_CLOUD_ACCESS_KEY_ID'],
    remedy:
      'In a shell, export ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET. In a cluster, docs/install.md has the ways',
    write: ['kubectl create secret generic sls-metrics-adapter-credentials -n sls-metrics-adapter'],
    skipped: ['query', 'access-key', 'project', 'index', 'route', 'lag'],
  },
  {
    name: 'the secret belongs to another key',
    inject: ({ env }) => {
      env['ALIBABA_CLOUD_ACCESS_KEY_SECRET'] = 'wrong';
    },
    check: 'access-key',
    status: 'failed',
    found: ['SignatureNotMatch', '(CredentialsRefused)'],
    remedy:
      'The secret does not belong to this key ID. Write both again, without quotes or spaces around them, where the adapter reads its key: in the environment',
    skipped: ['project', 'permission', 'logstore'],
  },
  {
    name: 'the key is unknown',
    inject: ({ env }) => {
      env['ALIBABA_CLOUD_ACCESS_KEY_ID'] = 'deleted';
    },
    check: 'access-key',
    status: 'failed',
    found: ['Unauthorized: AccessKeyId not found: '],
    remedy:
      'The key ID does not exist, or it is disabled or deleted. Look it up in the RAM console, and enable it. Or write another key where the adapter reads its key: in the environment',
  },
  {
    name: 'the token has expired',
    inject: ({ emulator }) =>
      emulator.setFaults(refusal('SecurityTokenExpired', 'The security token you provided has expired.')),
    check: 'access-key',
    status: 'failed',
    found: ['SecurityTokenExpired'],
    remedy: 'The adapter fetches its credentials again by itself, at most every 5 seconds.',
  },
  {
    name: 'the token is invalid',
    inject: (setup) => setup.replaceSls({ accessKey: { ...accessKey, securityToken: 'another' } }),
    check: 'access-key',
    status: 'failed',
    found: ['Unauthorized: The security token you provided is invalid'],
    remedy: 'The adapter fetches its credentials again by itself, at most every 5 seconds.',
  },
  {
    name: 'the clock is 20 minutes ahead',
    inject: (setup) => setup.replaceSls({ clock: { now: () => Date.now() - 20 * 60_000 } }, []),
    check: 'clock',
    status: 'failed',
    found: ['ahead of that of SLS', ' s ahead of SLS)'],
    remedy:
      'Set the clock of this machine (for a pod, the clock of its node). While it is wrong, readings are refused.',
    write: 'timedatectl set-ntp true',
    skipped: ['query', 'access-key'],
  },
  {
    name: 'the clock is 20 minutes behind',
    inject: (setup) => setup.replaceSls({ clock: { now: () => Date.now() + 20 * 60_000 } }, []),
    check: 'clock',
    status: 'failed',
    found: ['a minute or more behind that of SLS (at least 119'],
    remedy:
      'Set the clock of this machine (for a pod, the clock of its node). While it is wrong, readings are refused.',
    write: 'timedatectl set-ntp true',
  },
  {
    name: 'the region does not exist, so its host has no address',
    inject: (setup) => {
      setup.flags = { region: 'cn-nowhere', slsEndpoint: undefined };
      setup.dependencies = {
        lookup: (host, _, done) =>
          done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }), ''),
      };
    },
    check: 'endpoint',
    status: 'failed',
    found: ['ENOTFOUND k8s-log-test.cn-nowhere-intranet.log.aliyuncs.com'],
    remedy:
      'This region does not exist, or it has no SLS. Write the region of the project, which the SLS console shows beside it:',
    write: '--region cn-hangzhou',
    skipped: ['clock', 'query'],
  },
  {
    name: 'the endpoint is inside a VPC, and nothing answers from outside',
    inject: async (setup, cleanup) => {
      const silent = cleanup.use(await startSilentSls());
      setup.flags = { slsEndpoint: `https://cn-beijing-intranet.log.aliyuncs.com:${silent.port}` };
      setup.file = 'sls: { connectTimeoutSeconds: 1 }';
    },
    check: 'endpoint',
    status: 'failed',
    found: ['cn-beijing-intranet.log.aliyuncs.com', 'did not accept a connection within 1000 ms'],
    remedy:
      'This endpoint is inside the VPC and answers only in region cn-beijing. From elsewhere use the internet:',
    write: '--network public',
  },
  {
    name: 'the endpoint is inside a VPC, and connections from outside are refused',
    inject: async (setup) => {
      setup.flags = { slsEndpoint: `http://cn-beijing-intranet.log.aliyuncs.com:${await closedPort()}` };
      setup.input = {
        selector: `sls.project=${project},sls.logstore=${logstore},sls.internal.endpoint=true`,
      };
    },
    check: 'endpoint',
    status: 'failed',
    found: ['ECONNREFUSED'],
    remedy:
      'This endpoint is inside the VPC and answers only in region cn-beijing. From elsewhere use the internet, and remove sls.internal.endpoint=true from the selector:',
    write: '--network public',
  },
  {
    name: 'the proxy of the environment does not run',
    inject: async (setup) => {
      setup.flags = { region: 'cn-beijing', slsEndpoint: undefined };
      setup.env['https_proxy'] = `http://127.0.0.1:${await closedPort()}`;
    },
    check: 'endpoint',
    status: 'failed',
    found: ['cannot be reached through HTTPS_PROXY http://127.0.0.1:', 'ECONNREFUSED'],
    remedy: 'Check that the proxy runs and lets the adapter through; if SLS is to be reached without it, add',
  },
  {
    name: 'the proxy of the environment refuses SLS',
    inject: async (setup, cleanup) => {
      const proxy = cleanup.use(await startHttpProxy(() => 1));
      proxy.refuseWith = 403;
      setup.flags = { region: 'cn-beijing', slsEndpoint: undefined };
      setup.env['HTTPS_PROXY'] = proxy.url;
    },
    check: 'endpoint',
    status: 'failed',
    found: ['through HTTPS_PROXY http://127.0.0.1:', 'the proxy answers HTTP/1.1 403 Forbidden'],
    remedy: 'Check that the proxy runs and lets the adapter through',
  },
  {
    name: 'the proxy of the environment is of another kind',
    inject: (setup) => {
      setup.env['HTTPS_PROXY'] = 'socks5://127.0.0.1:1080';
    },
    check: 'configuration',
    status: 'failed',
    found: [
      'HTTPS_PROXY must be the URL of an HTTP proxy such as http://proxy.example.com:3128, not socks5://',
    ],
    remedy: 'See --help and docs/configuration.md.',
  },
  {
    name: 'the account owes a payment',
    inject: ({ emulator }) =>
      emulator.setFaults(refusal('Unauthorized', 'Your SLS service has been forbidden.')),
    check: 'account',
    status: 'failed',
    found: ['Unauthorized: Your SLS service has been forbidden'],
    remedy: 'Pay what the Alibaba Cloud account owes',
    skipped: ['project', 'permission', 'logstore', 'index'],
  },
  {
    name: 'the project belongs to another account',
    inject: ({ emulator }) =>
      emulator.setFaults(refusal('Unauthorized', 'The project does not belong to you.')),
    check: 'account',
    status: 'failed',
    found: ['Unauthorized: The project does not belong to you'],
    remedy: 'Correct sls.project, or give the adapter credentials of the account that owns it',
    skipped: ['project', 'permission', 'logstore', 'index'],
  },
  {
    name: 'SLS is not activated',
    inject: ({ emulator }) =>
      emulator.setFaults(refusal('InvalidAccessKeyId', 'Your SLS service has not opened.')),
    check: 'account',
    status: 'failed',
    found: ['InvalidAccessKeyId: Your SLS service has not opened'],
    remedy: 'Use a key of the account that owns the project.',
    skipped: ['project', 'permission', 'logstore', 'index'],
  },
  {
    name: 'the public endpoint cannot be reached from a VPC',
    inject: async (setup) => {
      setup.flags = { slsEndpoint: `http://cn-beijing.log.aliyuncs.com:${await closedPort()}` };
    },
    check: 'endpoint',
    status: 'failed',
    found: ['ECONNREFUSED'],
    remedy:
      'This is the public endpoint. A pod needs a NAT gateway or an EIP to reach it. In a VPC of region cn-beijing use the internal endpoint:',
    write: '--network intranet',
  },
];
