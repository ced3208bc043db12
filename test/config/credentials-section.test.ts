import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { credentialsSection } from '../../src/config/credentials-section.ts';
import { loadConfig } from '../../src/config/load.ts';

const directory = mkdtempSync(join(tmpdir(), 'credentials-section-'));
afterAll(() => rmSync(directory, { recursive: true }));
const config = join(directory, 'config.yaml');
const roleArn = 'acs:ram::1234567890123456:role/sls-reader';

/** Returns the faults of a file with these credentials, without their origin. */
function faultsOf(credentials: unknown): string[] {
  writeFileSync(config, JSON.stringify({ sls: { region: 'cn-beijing', credentials } }));
  try {
    loadConfig({ flags: { config }, env: {} });
    return [];
  } catch (error) {
    const lines = (error as Error).message.split('\n').slice(1, -1);
    return lines.map((line) => line.trim().replace(` (${config})`, ''));
  }
}

describe('credentials', () => {
  it.each([
    { source: 'default' },
    { source: 'environment' },
    {
      source: 'rrsa',
      roleArn,
      oidcProviderArn: 'acs:ram::1:oidc-provider/ack-rrsa-c1',
      oidcTokenFile: '/token',
    },
    { source: 'rrsa', roleSessionName: 'mine', durationSeconds: 900, stsEndpoint: 'sts.aliyuncs.com:443' },
    { source: 'ecs-role' },
    { source: 'ecs-role', roleName: 'KubernetesWorkerRole-1' },
    { source: 'addon-token', file: '/token' },
    { source: 'secret-file', directory: '/key' },
    {
      source: 'assume-role',
      roleArn,
      externalId: 'partner:7',
      from: { source: 'secret-file', directory: '/key' },
    },
    {
      source: 'assume-role',
      roleArn,
      roleSessionName: 'me',
      durationSeconds: 43_200,
      from: { source: 'rrsa', roleArn },
    },
  ])('accepts credentials %j and uses all of these settings', (credentials) => {
    expect(faultsOf(credentials)).toEqual([]);
    const used = JSON.parse(JSON.stringify(credentialsSection.parse(credentials))) as object;
    expect(used).toEqual(credentials);
  });

  const at = 'sls.credentials';
  const arn = 'must be the ARN of a RAM role such as acs:ram::1234567890123456:role/sls-reader';
  const sources = 'default, environment, rrsa, ecs-role, addon-token, secret-file';
  it.each<[object | string, string[]]>([
    [{ source: 'none' }, [`${at}.source must be one of ${sources}, assume-role`]],
    [{ source: 'assume-role' }, [`${at}.roleArn must be given if source is assume-role`]],
    [{ source: 'secret-file' }, [`${at}.directory must be given if source is secret-file`]],
    [
      { roleArn },
      [`${at}.roleArn is "${roleArn}" and must not be given if source is default, which takes nothing else`],
    ],
    [
      { source: 'ecs-role', directory: '/key', durationSeconds: 900 },
      [
        `${at}.durationSeconds is 900 and must not be given if source is ecs-role, which takes roleName`,
        `${at}.directory is "/key" and must not be given if source is ecs-role, which takes roleName`,
      ],
    ],
    [{ source: 'assume-role', roleArn: 'reader' }, [`${at}.roleArn ${arn}`]],
    [
      { source: 'assume-role', roleArn: 'acs:ram::1:user/me' },
      [`${at}.roleArn is "acs:ram::1:user/me" and ${arn}`],
    ],
    [
      { source: 'rrsa', durationSeconds: 899 },
      [`${at}.durationSeconds is 899 and must be a whole number from 900 to 43200`],
    ],
    [
      { source: 'rrsa', stsEndpoint: 'https://sts' },
      [`${at}.stsEndpoint must be a host such as sts-vpc.cn-beijing.aliyuncs.com`],
    ],
    [
      { source: 'assume-role', roleArn, from: { source: 'assume-role', roleArn } },
      [`${at}.from.source must be one of ${sources}`],
    ],
    [
      { source: 'assume-role', roleArn, from: { source: 'environment', file: '/x' } },
      [`${at}.from.file is "/x" and must not be given if source is environment, which takes nothing else`],
    ],
    [
      { source: 'rrsa', from: {} },
      [
        `${at}.from must not be given if source is rrsa, which takes roleArn, oidcProviderArn, oidcTokenFile, roleSessionName, durationSeconds, stsEndpoint`,
      ],
    ],
  ])('refuses credentials %j', (credentials, faults) => {
    expect(faultsOf(credentials)).toEqual(faults);
  });

  const never =
    'an access key must never be in the file: give it in the environment, or in a Secret (source: secret-file)';
  it.each<[string, unknown, string]>([
    ['accessKeyId', { accessKeyId: 'planted' }, `${at}.accessKeyId is not a setting; ${never}`],
    ['accessKeySecret', { accessKeySecret: 'planted' }, `${at}.accessKeySecret is not a setting; ${never}`],
    [
      'access-key-secret',
      { 'access-key-secret': 'planted' },
      `${at}.access-key-secret is not a setting; ${never}`,
    ],
    [
      'securityToken',
      { source: 'environment', securityToken: 'planted' },
      `${at}.securityToken is not a setting; ${never}`,
    ],
    ['a text', 'planted:planted', `${at} must be a mapping of settings`],
    ['a list', ['planted'], `${at} must be a mapping of settings`],
    ['another setting', { source: 'rrsa', roleArn: 'planted' }, `${at}.roleArn ${arn}`],
    ['a mapping', { source: 'rrsa', roleArn: { secret: 'planted' } }, `${at}.roleArn ${arn}`],
    ['a source', { source: 'planted' }, `${at}.source must be one of ${sources}, assume-role`],
  ])('refuses an access key in the file as %s, without repeating it', (_, credentials, fault) => {
    const faults = faultsOf(credentials);
    expect(faults).toEqual([fault]);
    expect(faults.join()).not.toContain('planted');
  });

  it('refuses wrong credentials of a project by their path', () => {
    const sls = { credentials: { source: 'rrsa', file: '/x', accessKeySecret: 'planted' } };
    writeFileSync(config, JSON.stringify({ sls: { region: 'r1' }, projects: [{ project: 'a1', sls }] }));
    expect(() => loadConfig({ flags: { config }, env: {} })).toThrow(
      /projects\[0\]\.sls\.credentials\.accessKeySecret \(.+\) is not a setting; an access key must never be in the file/,
    );
  });
});

describe('the network of a project', () => {
  const load = (sls: object, own: object) => {
    writeFileSync(config, JSON.stringify({ sls, projects: [{ project: 'a1', sls: own }] }));
    return () => loadConfig({ flags: { config }, env: {} });
  };
  const endpoint = 'http://127.0.0.1:1';

  it('needs a region, of the project or of all projects', () => {
    const fault = /projects\[0\]\.sls\.region must be given, because the network belongs to a region/;
    expect(load({ endpoint }, { network: 'public' })).toThrow(fault);
    expect(load({ endpoint }, { network: 'public', region: 'r1' })).not.toThrow();
    expect(load({ endpoint, region: 'r1' }, { network: 'public' })).not.toThrow();
    expect(load({ endpoint }, { network: 'public', endpoint })).not.toThrow();
  });
});
