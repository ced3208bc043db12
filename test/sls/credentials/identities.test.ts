import { describe, expect, it } from 'vitest';
import { Identities } from '../../../src/sls/credentials/identities.ts';
import type { CredentialSettings } from '../../../src/sls/credentials/credentials.ts';
import { waitFor } from '../../support/wait-for.ts';

const create = (env: Readonly<Record<string, string>> = {}) =>
  new Identities({
    env,
    clock: Date,
    stsEndpoint: '127.0.0.1:1',
    observer: { credentialsFailing: () => undefined, credentialsRecovered: () => undefined },
  });
const roleArn = 'acs:ram::1:role/reader';

describe('identities', () => {
  it('are shared by equal settings', () => {
    const identities = create();
    const one = identities.of({ source: 'rrsa', roleArn, durationSeconds: 900 });
    expect(identities.of({ durationSeconds: 900, roleArn, source: 'rrsa', stsEndpoint: undefined })).toBe(
      one,
    );
    expect(identities.of({ source: 'rrsa', roleArn })).not.toBe(one);
    const role: CredentialSettings = { source: 'assume-role', roleArn };
    expect(identities.of({ ...role, from: { source: 'default' } })).toBe(identities.of(role));
    expect(identities.of({ source: 'default' })).not.toBe(identities.of({ source: 'environment' }));
  });

  it('share their base credentials', async () => {
    const identities = create();
    const role = (name: string): CredentialSettings => ({
      source: 'assume-role',
      roleArn: `acs:ram::1:role/${name}`,
      from: { source: 'secret-file', directory: '/key' },
    });
    for (const name of ['a', 'b'])
      await expect(identities.of(role(name)).current()).rejects.toThrow('(secret-file /key)');
    identities.of({ source: 'secret-file', directory: '/key' });
    expect(identities.states().map(({ name }) => name)).toEqual([
      'assume-role acs:ram::1:role/a from secret-file /key',
      'secret-file /key',
      'assume-role acs:ram::1:role/b from secret-file /key',
    ]);
  });

  it.each<[CredentialSettings, string]>([
    [{ source: 'default' }, 'default'],
    [{ source: 'environment' }, 'environment'],
    [{ source: 'rrsa' }, 'rrsa'],
    [{ source: 'rrsa', roleArn }, `rrsa ${roleArn}`],
    [{ source: 'ecs-role', roleName: 'node' }, 'ecs-role node'],
    [{ source: 'addon-token', file: '/token' }, 'addon-token /token'],
    [{ source: 'assume-role', roleArn }, `assume-role ${roleArn} from default`],
    [
      { source: 'assume-role', roleArn, externalId: 'planted', from: { source: 'rrsa' } },
      `assume-role ${roleArn} from rrsa`,
    ],
  ])('with %j are named %s', (settings, name) => {
    expect(create().of(settings).name).toBe(name);
  });

  it('are numbered if their names are equal but their settings differ', () => {
    const identities = create();
    const names = [900, 1800, 3600].map(
      (durationSeconds) => identities.of({ source: 'rrsa', durationSeconds }).name,
    );
    expect(names).toEqual(['rrsa', 'rrsa #2', 'rrsa #3']);
  });

  it('fetch nothing before they are used', async () => {
    const identities = create({ AccessKeyId: 'id', AccessKeySecret: 'secret' });
    const identity = identities.of({ source: 'environment' });
    const [state, ...others] = identities.states();
    expect(state).toMatchObject({ name: 'environment', expiresAtMs: undefined, failing: false });
    expect(others).toEqual([]);
    expect(await identity.current()).toMatchObject({ accessKeyId: 'id' });
  });

  it('report a failure until the next success', async () => {
    const env: Record<string, string> = {};
    const identities = create(env);
    const identity = identities.of({ source: 'environment' });
    await expect(identity.current()).rejects.toThrow();
    expect(identities.states()).toMatchObject([{ failing: true }]);
    Object.assign(env, { AccessKeyId: 'id', AccessKeySecret: 'secret' });
    await waitFor(() => identity.current().catch(() => undefined));
    expect(identities.states()).toMatchObject([{ failing: false }]);
  });

  it.each<[CredentialSettings, RegExp]>([
    [{ source: 'environment' }, /\(environment\): the environment has neither/],
    [{ source: 'rrsa' }, /\(rrsa\): ALIBABA_CLOUD_ROLE_ARN is not set/],
    [{ source: 'ecs-role' }, /\(ecs-role\): IMDS credentials is disabled/],
    [{ source: 'addon-token', file: '/none' }, /\(addon-token \/none\): .* cannot be read \(ENOENT\)/],
    [{ source: 'addon-token' }, /the add-on token \/var\/addon\/token-config/],
    [{ source: 'secret-file', directory: '/none' }, /the Secret at \/none has no access-key-id/],
    // The fault is in the base credentials.
    [{ source: 'assume-role', roleArn, from: { source: 'environment' } }, /\(environment\): the environment/],
  ])('with %j report what is missing', async (settings, what) => {
    await expect(create().of(settings).current()).rejects.toMatchObject({
      code: 'CredentialsMissing',
      what: expect.stringMatching(what) as string,
    });
  });
});
