import type { z } from 'zod';
import { choice, formed, section, text, whole } from './leaf.ts';

/** What each source takes besides its name. */
const keysOf = {
  default: [],
  environment: [],
  rrsa: ['roleArn', 'oidcProviderArn', 'oidcTokenFile', 'roleSessionName', 'durationSeconds', 'stsEndpoint'],
  'ecs-role': ['roleName'],
  'addon-token': ['file'],
  'secret-file': ['directory'],
  'assume-role': ['roleArn', 'roleSessionName', 'externalId', 'durationSeconds', 'stsEndpoint', 'from'],
} as const;

type Source = keyof typeof keysOf;

/** What a source cannot do without. RRSA's webhook gives all in the environment. */
const needs: Partial<Record<Source, string>> = { 'assume-role': 'roleArn', 'secret-file': 'directory' };

/** Those that need no other. */
const baseSources = ['default', 'environment', 'rrsa', 'ecs-role', 'addon-token', 'secret-file'] as const;

const roleArn = formed(
  /^acs:ram::\d+:role\/[\w.@-]+$/,
  'must be the ARN of a RAM role such as acs:ram::1234567890123456:role/sls-reader',
  'ARN of the role (rrsa, assume-role); without it, rrsa takes ALIBABA_CLOUD_ROLE_ARN',
);

const leaves = {
  roleArn: roleArn.optional(),
  oidcProviderArn: formed(
    /^acs:ram::\d+:oidc-provider\/\S+$/,
    'must be the ARN of a provider such as acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1',
    'ARN of the OIDC provider (rrsa); without it, ALIBABA_CLOUD_OIDC_PROVIDER_ARN',
  ).optional(),
  oidcTokenFile: text(
    'File of the OIDC token, read at each renewal (rrsa); without it, ALIBABA_CLOUD_OIDC_TOKEN_FILE',
  ).optional(),
  roleSessionName: formed(
    /^[\w.@-]{2,64}$/,
    'must be 2 to 64 letters, digits, hyphens, underscores, dots and @',
    'Name of the session (rrsa, assume-role); without it, sls-metrics-adapter',
  ).optional(),
  externalId: formed(
    /^[\w+=,.@:/-]{2,1224}$/,
    'must be 2 to 1224 letters, digits and characters of +=,.@:/-_',
    'External ID that the role asks for (assume-role)',
  ).optional(),
  durationSeconds: whole(
    900,
    43_200,
    'How long the role is assumed at a time (rrsa, assume-role); without it, 3600',
  ).optional(),
  stsEndpoint: formed(
    /^[a-zA-Z0-9][\w.-]*(:\d+)?$/,
    'must be a host such as sts-vpc.cn-beijing.aliyuncs.com',
    'Host of STS (rrsa, assume-role); without it, that of sls.region and sls.network, else sts.aliyuncs.com',
  ).optional(),
  roleName: formed(
    /^[\w.@-]{1,64}$/,
    'must be the name of a RAM role',
    'Role of the ECS instance (ecs-role); without it, whichever it has',
  ).optional(),
  file: text(
    'Encrypted token of an ACK add-on (addon-token); without it, /var/addon/token-config',
  ).optional(),
  directory: text(
    'Mounted Secret with the keys access-key-id, access-key-secret and, if need be, security-token (secret-file)',
  ).optional(),
};

const from = section({
  source: choice(baseSources, 'Where the credentials come from').default('default'),
  ...leaves,
})
  .superRefine(checkKeys, { when: isSound })
  .describe(
    'Settings of credentials that the role is assumed with (assume-role); without it, the default ones',
  );

export const credentialsSection = section({
  source: choice(
    [...baseSources, 'assume-role'],
    'Where credentials come from; `default`: environment, add-on token, default chain of Alibaba Cloud',
  ).default('default'),
  ...leaves,
  from: from.optional(),
}).superRefine(checkKeys, { when: isSound });

export type CredentialsSection = z.infer<typeof credentialsSection>;

type BaseSection = Readonly<z.infer<typeof from>>;

/** A wrong value is told of first: its place says whose it is. */
function isSound({ issues }: { readonly issues: readonly unknown[] }): boolean {
  return issues.length === 0;
}

type Settings = Readonly<Record<string, unknown>> & { readonly source: Source };

/** What a source does not take would be thought to count. */
function checkKeys(settings: Settings, context: z.RefinementCtx): void {
  const { source } = settings;
  const taken: readonly string[] = keysOf[source];
  const given = Object.entries(settings).filter(([key, value]) => key !== 'source' && value !== undefined);
  for (const [key] of given.filter(([name]) => !taken.includes(name))) {
    const takes = taken.length === 0 ? 'nothing else' : taken.join(', ');
    const message = `must not be given where source is ${source}, which takes ${takes}`;
    context.addIssue({ code: 'custom', path: [key], message });
  }
  const needed = needs[source];
  if (needed !== undefined && !given.some(([key]) => key === needed))
    context.addIssue({ code: 'custom', path: [needed], message: `must be given where source is ${source}` });
}

/** The settings of one source, and of no other. */
export function credentialSettings({ from: base, ...settings }: CredentialsSection) {
  const { source, roleArn: role = '', roleSessionName, externalId, durationSeconds, stsEndpoint } = settings;
  if (source !== 'assume-role') return baseSettings({ ...settings, source });
  const started = baseSettings(base ?? { source: 'default' });
  return { source, roleArn: role, roleSessionName, externalId, durationSeconds, stsEndpoint, from: started };
}

function baseSettings({ source, ...settings }: BaseSection) {
  switch (source) {
    case 'default':
    case 'environment':
      return { source };
    case 'rrsa': {
      const { roleArn: role, oidcProviderArn, oidcTokenFile } = settings;
      const { roleSessionName, durationSeconds, stsEndpoint } = settings;
      const session = { roleSessionName, durationSeconds, stsEndpoint };
      return { source, roleArn: role, oidcProviderArn, oidcTokenFile, ...session };
    }
    case 'ecs-role':
      return { source, roleName: settings.roleName };
    case 'addon-token':
      return { source, file: settings.file };
    case 'secret-file':
      return { source, directory: settings.directory ?? '' };
  }
}
