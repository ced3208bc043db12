import type { z } from 'zod';
import { choice, formed, section, text, whole } from './leaf.ts';

/** The settings that each source takes besides its name. */
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

/** The setting that a source requires. RRSA requires none: its webhook sets the environment. */
const needs: Partial<Record<Source, string>> = { 'assume-role': 'roleArn', 'secret-file': 'directory' };

/** Sources that need no other source. */
const baseSources = ['default', 'environment', 'rrsa', 'ecs-role', 'addon-token', 'secret-file'] as const;

const roleArn = formed(
  /^acs:ram::\d+:role\/[\w.@-]+$/,
  'must be the ARN of a RAM role such as acs:ram::1234567890123456:role/sls-reader',
  'ARN of the role (rrsa, assume-role); default for rrsa: ALIBABA_CLOUD_ROLE_ARN',
);

const leaves = {
  roleArn: roleArn.optional(),
  oidcProviderArn: formed(
    /^acs:ram::\d+:oidc-provider\/\S+$/,
    'must be the ARN of a provider such as acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1',
    'ARN of the OIDC provider (rrsa); default: ALIBABA_CLOUD_OIDC_PROVIDER_ARN',
  ).optional(),
  oidcTokenFile: text(
    'File of the OIDC token, read at each renewal (rrsa); default: ALIBABA_CLOUD_OIDC_TOKEN_FILE',
  ).optional(),
  roleSessionName: formed(
    /^[\w.@-]{2,64}$/,
    'must be 2 to 64 letters, digits, hyphens, underscores, dots and @',
    'Name of the session (rrsa, assume-role); default: sls-metrics-adapter',
  ).optional(),
  externalId: formed(
    /^[\w+=,.@:/-]{2,1224}$/,
    'must be 2 to 1224 letters, digits and characters of +=,.@:/-_',
    'External ID that the role requires (assume-role)',
  ).optional(),
  durationSeconds: whole(
    900,
    43_200,
    'How long an assumed role is valid, in seconds (rrsa, assume-role); default: 3600',
  ).optional(),
  stsEndpoint: formed(
    /^[a-zA-Z0-9][\w.-]*(:\d+)?$/,
    'must be a host such as sts-vpc.cn-beijing.aliyuncs.com',
    'Host of STS (rrsa, assume-role); default: the host for sls.region and sls.network, or sts.aliyuncs.com without a region',
  ).optional(),
  roleName: formed(
    /^[\w.@-]{1,64}$/,
    'must be the name of a RAM role',
    'Role of the ECS instance (ecs-role); default: the role that it has',
  ).optional(),
  file: text(
    'File with the encrypted token of an ACK add-on (addon-token); default: /var/addon/token-config',
  ).optional(),
  directory: text(
    'Directory of a mounted Secret with access-key-id, access-key-secret and, if needed, security-token (secret-file)',
  ).optional(),
};

const from = section({
  source: choice(baseSources, 'Source of the credentials').default('default'),
  ...leaves,
})
  .superRefine(checkKeys, { when: isSound })
  .describe('Credentials by which the role is assumed (assume-role); default: source default');

export const credentialsSection = section({
  source: choice(
    [...baseSources, 'assume-role'],
    'Source of the credentials; `default`: environment, RRSA, add-on token, default chain of Alibaba Cloud',
  ).default('default'),
  ...leaves,
  from: from.optional(),
}).superRefine(checkKeys, { when: isSound });

/** A wrong value is reported first: its path shows which setting it belongs to. */
function isSound({ issues }: { readonly issues: readonly unknown[] }): boolean {
  return issues.length === 0;
}

type Settings = Readonly<Record<string, unknown>> & { readonly source: Source };

/** Refuses settings that the source does not take: the user would think that they have an effect. */
function checkKeys(settings: Settings, context: z.RefinementCtx): void {
  const { source } = settings;
  const taken: readonly string[] = keysOf[source];
  const given = Object.entries(settings).filter(([key, value]) => key !== 'source' && value !== undefined);
  for (const [key] of given.filter(([name]) => !taken.includes(name))) {
    const takes = taken.length === 0 ? 'nothing else' : taken.join(', ');
    const message = `must not be given if source is ${source}, which takes ${takes}`;
    context.addIssue({ code: 'custom', path: [key], message });
  }
  const needed = needs[source];
  if (needed !== undefined && !given.some(([key]) => key === needed))
    context.addIssue({ code: 'custom', path: [needed], message: `must be given if source is ${source}` });
}
