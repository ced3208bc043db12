import type { CredentialSource } from '../credentials.ts';
import { addonTokenFile, readAddonToken } from './addon-token.ts';
import { defaultOrigin } from './default-chain.ts';
import { environmentOrigin } from './environment.ts';
import type { CredentialOrigin } from './lease.ts';
import { assumeRoleOrigin, ecsRoleOrigin, rrsaOrigin, type RoleSurroundings } from './role-session.ts';
import { secretFileOrigin } from './secret-file.ts';
import type { BaseCredentialSettings, CredentialSettings } from './settings.ts';

export interface OriginParts extends RoleSurroundings {
  /** The credentials that a role is assumed with. */
  readonly baseOf: (settings: BaseCredentialSettings) => CredentialSource;
}

/** Where the credentials of these settings come from. */
export function originOf(settings: CredentialSettings, parts: OriginParts): CredentialOrigin {
  switch (settings.source) {
    case 'default':
      return defaultOrigin(parts.env);
    case 'environment':
      return environmentOrigin(parts.env);
    case 'rrsa':
      return rrsaOrigin(settings, parts);
    case 'ecs-role':
      return ecsRoleOrigin(settings.roleName);
    case 'addon-token':
      return () => readAddonToken(settings.file ?? addonTokenFile);
    case 'secret-file':
      return secretFileOrigin(settings.directory);
    case 'assume-role':
      return assumeRoleOrigin(settings, parts.baseOf(settings.from), parts.stsEndpoint);
  }
}
