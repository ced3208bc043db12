import { addonTokenFile, readAddonToken } from './addon-token.ts';
import type { CredentialOrigin, CredentialSettings, Environment } from './credentials.ts';
import { defaultOrigin, environmentOrigin } from './default-chain.ts';
import { RenewedCredentials, type CredentialObserver } from './renewed-credentials.ts';
import { assumeRoleOrigin, ecsRoleOrigin, rrsaOrigin } from './role-session.ts';
import { secretFileOrigin } from './secret-file.ts';

interface IdentityParts {
  readonly env: Environment;
  /** Host of STS if the settings name none. */
  readonly stsEndpoint: string;
  readonly clock: { now(): number };
  readonly observer: CredentialObserver;
}

/** What self-metrics and `doctor` show of an identity. */
export type IdentityState = Pick<RenewedCredentials, 'name' | 'expiresAtMs' | 'failing'>;

/** The identities that projects are queried as. Equal settings share one identity, however many projects use it. */
export class Identities {
  readonly #parts: IdentityParts;
  /** @bound the entries of `projects` | - | - | `projects` */
  readonly #known = new Map<string, RenewedCredentials>();

  constructor(parts: IdentityParts) {
    this.#parts = parts;
  }

  /** Returns the identity of the settings. Nothing is fetched before its credentials are needed. */
  of(settings: CredentialSettings): RenewedCredentials {
    const from = settings.source === 'assume-role' ? (settings.from ?? base) : undefined;
    const key = JSON.stringify({ ...settings, from }, sortedKeys);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { clock, observer } = this.#parts;
    const origin = this.#originOf(settings);
    const identity = new RenewedCredentials({ name: this.#nameOf(settings), origin, clock, observer });
    this.#known.set(key, identity);
    return identity;
  }

  states(): IdentityState[] {
    return [...this.#known.values()];
  }

  #originOf(settings: CredentialSettings): CredentialOrigin {
    const { env } = this.#parts;
    switch (settings.source) {
      case 'default':
        return defaultOrigin(this.#parts);
      case 'environment':
        return environmentOrigin(env);
      case 'rrsa':
        return rrsaOrigin(settings, this.#parts);
      case 'ecs-role':
        return ecsRoleOrigin(settings.roleName);
      case 'addon-token':
        return () => readAddonToken(settings.file ?? addonTokenFile);
      case 'secret-file':
        return secretFileOrigin(settings.directory ?? '');
      case 'assume-role':
        return () => assumeRoleOrigin(settings, this.of(settings.from ?? base), this.#parts)();
    }
  }

  /** Numbers identities whose names are equal but whose settings differ. */
  #nameOf(settings: CredentialSettings): string {
    const name = plainName(settings);
    const taken = new Set([...this.#known.values()].map((identity) => identity.name));
    for (let number = 1; ; number += 1) {
      const candidate = number === 1 ? name : `${name} #${number}`;
      if (!taken.has(candidate)) return candidate;
    }
  }
}

/** A replacer for `JSON.stringify`: equal settings give the same text, whatever the order of their keys. */
const sortedKeys = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).sort()) : value;

/** What a role is assumed with if the settings do not say. */
const base: CredentialSettings = { source: 'default' };

/** Returns the source, and the role, file or directory that identifies it. */
function plainName({ source, roleArn, roleName, file, directory, from = base }: CredentialSettings): string {
  const ofBase = source === 'assume-role' ? `from ${plainName(from)}` : undefined;
  return [source, roleArn ?? roleName ?? file ?? directory, ofBase].filter(Boolean).join(' ');
}
