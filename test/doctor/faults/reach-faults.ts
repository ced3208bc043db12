import { createServer, type AddressInfo } from 'node:net';
import { accessKey, logstore, project } from '../../support/adapter.ts';
import { startSilentSls } from '../../sls/raw-sls.ts';
import { refusal, type Fault } from './fault.ts';

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Configuration, credentials, network and clock. */
export const reachFaults: readonly Fault[] = [
  {
    name: 'the configuration is wrong in several places',
    plant: (patient) => {
      patient.flags = { region: 'Beijing!' };
      patient.file = 'reading: { refreshSeconds: 0 }\nslss: {}\n';
    },
    check: 'configuration',
    status: 'failed',
    found: [
      'sls.region (--region) is "Beijing!" and must be a region such as cn-beijing',
      'reading.refreshSeconds',
      'must be a whole number from 1 to 60',
      'slss',
      'is no setting',
    ],
    remedy: 'Correct each setting as its line says; docs/configuration.md has all of them.',
    skipped: ['kubernetes', 'hpas', 'target', 'access', 'endpoint', 'apiservice', 'hpa-access'],
  },
  {
    name: 'there are no credentials',
    plant: (patient) => {
      patient.env = { ...patient.env, ALIBABA_CLOUD_ACCESS_KEY_ID: undefined };
      patient.file = 'sls: { credentials: { source: environment } }';
    },
    check: 'credentials',
    status: 'failed',
    found: ['no credentials for SLS (environment)', 'neither ALIBABA_CLOUD_ACCESS_KEY_ID'],
    remedy: 'Give the pod a RAM role (RRSA), or a key in a Secret that the Deployment takes as environment:',
    write: ['kubectl create secret generic sls-metrics-adapter-credentials -n sls-metrics-adapter'],
    skipped: ['query', 'access-key', 'project', 'index', 'route', 'lag'],
  },
  {
    name: 'the secret is another key’s',
    plant: ({ env }) => {
      env['ALIBABA_CLOUD_ACCESS_KEY_SECRET'] = 'wrong';
    },
    check: 'access-key',
    status: 'failed',
    found: ['SignatureNotMatch'],
    remedy:
      'The secret is not that of the key ID: write ALIBABA_CLOUD_ACCESS_KEY_SECRET again, without quotes or spaces around it.',
    skipped: ['project', 'permission', 'logstore'],
  },
  {
    name: 'the key is unknown',
    plant: ({ env }) => {
      env['ALIBABA_CLOUD_ACCESS_KEY_ID'] = 'deleted';
    },
    check: 'access-key',
    status: 'failed',
    found: ['InvalidAccessKeyId'],
    remedy:
      'There is no such key ID, or it is disabled or deleted: look for it in the RAM console, or make a new key.',
  },
  {
    name: 'the token has expired',
    plant: ({ emulator }) =>
      emulator.setFaults(refusal('SecurityTokenExpired', 'The security token you provided has expired.')),
    check: 'access-key',
    status: 'failed',
    found: ['SecurityTokenExpired'],
    remedy:
      'The token of the temporary key has expired or is none: get a new one, or use a source that renews it (RRSA, an ECS role) rather than ALIBABA_CLOUD_SECURITY_TOKEN.',
  },
  {
    name: 'the token is none',
    plant: (patient) => patient.replaceSls({ accessKey: { ...accessKey, securityToken: 'another' } }),
    check: 'access-key',
    status: 'failed',
    found: ['Unauthorized: The security token you provided is invalid'],
    remedy:
      'The token of the temporary key has expired or is none: get a new one, or use a source that renews it (RRSA, an ECS role) rather than ALIBABA_CLOUD_SECURITY_TOKEN.',
  },
  {
    name: 'the clock is 20 minutes ahead',
    plant: (patient) => patient.replaceSls({ clock: { now: () => Date.now() - 20 * 60_000 } }, []),
    check: 'clock',
    status: 'failed',
    found: ['s ahead of that of SLS'],
    remedy:
      'Set the clock of this machine, which is that of the node for a pod: readings are refused while it is wrong.',
    write: 'timedatectl set-ntp true',
    skipped: ['query', 'access-key'],
  },
  {
    name: 'the clock is 20 minutes behind',
    plant: (patient) => patient.replaceSls({ clock: { now: () => Date.now() + 20 * 60_000 } }, []),
    check: 'clock',
    status: 'failed',
    found: ['s behind that of SLS'],
    remedy:
      'Set the clock of this machine, which is that of the node for a pod: readings are refused while it is wrong.',
    write: 'timedatectl set-ntp true',
  },
  {
    name: 'the region is none: its host has no address',
    plant: (patient) => {
      patient.flags = { region: 'cn-nowhere', slsEndpoint: undefined };
      patient.around = {
        lookup: (host, _, done) =>
          done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }), ''),
      };
    },
    check: 'endpoint',
    status: 'failed',
    found: ['ENOTFOUND k8s-log-test.cn-nowhere-intranet.log.aliyuncs.com'],
    remedy:
      'There is no such region, or it has no SLS. Write the region of the project, which the SLS console shows beside it:',
    write: '--region cn-hangzhou',
    skipped: ['clock', 'query'],
  },
  {
    name: 'the endpoint of a VPC is asked from outside, and nothing answers',
    plant: async (patient, closing) => {
      const silent = closing.use(await startSilentSls());
      patient.flags = { slsEndpoint: `https://cn-beijing-intranet.log.aliyuncs.com:${silent.port}` };
      patient.file = 'sls: { connectTimeoutSeconds: 1 }';
    },
    check: 'endpoint',
    status: 'failed',
    found: ['cn-beijing-intranet.log.aliyuncs.com', 'did not accept a connection within 1000 ms'],
    remedy:
      'This is the endpoint inside the VPC: it answers only in region cn-beijing. From elsewhere ask over the internet:',
    write: '--network public',
  },
  {
    name: 'the endpoint of a VPC is asked from outside, and refuses',
    plant: async (patient) => {
      patient.flags = { slsEndpoint: `http://cn-beijing-intranet.log.aliyuncs.com:${await closedPort()}` };
      patient.asked = {
        selector: `sls.project=${project},sls.logstore=${logstore},sls.internal.endpoint=true`,
      };
    },
    check: 'endpoint',
    status: 'failed',
    found: ['ECONNREFUSED'],
    remedy:
      'This is the endpoint inside the VPC: it answers only in region cn-beijing. From elsewhere ask over the internet, and leave sls.internal.endpoint=true out of the selector:',
    write: '--network public',
  },
  {
    name: 'the public endpoint is not reached from a VPC',
    plant: async (patient) => {
      patient.flags = { slsEndpoint: `http://cn-beijing.log.aliyuncs.com:${await closedPort()}` };
    },
    check: 'endpoint',
    status: 'failed',
    found: ['ECONNREFUSED'],
    remedy:
      'This is the public endpoint: a pod needs a NAT gateway or an EIP to get there. In a VPC of region cn-beijing ask inside:',
    write: '--network intranet',
  },
];
