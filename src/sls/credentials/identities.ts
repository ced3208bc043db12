import type { CredentialOrigin } from './lease.ts';
import { RenewedCredentials, type CredentialObserver } from './renewed-credentials.ts';
import type { RoleSurroundings } from './role-session.ts';
import type { BaseCredentialSettings, CredentialSettings } from './settings.ts';

export interface IdentityParts extends RoleSurroundings {
  readonly clock: { now(): number };
  readonly observer: CredentialObserver;
}

/** What is told of an identity. */
export interface IdentityState {
  readonly name: string;
  /** Unix ms; undefined where they do not expire, or none have been asked for yet. */
  readonly expiresAtMs: number | undefined;
  /** Whether the last attempt to get or renew them failed. */
  readonly failing: boolean;
}

/** One source of credentials for each place that they come from, however many projects use it. */
export class Identities {
  readonly #parts: IdentityParts;
  readonly #known = new Map<string, RenewedCredentials>();

  constructor(parts: IdentityParts) {
    this.#parts = parts;
  }

  /** Nothing is asked for, nor loaded, before somebody needs a key. */
  of(settings: CredentialSettings): RenewedCredentials {
    const key = JSON.stringify(settings, inOrder);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { clock, observer } = this.#parts;
    const origin = this.#originOf(settings);
    const identity = new RenewedCredentials({ name: this.#nameOf(settings), origin, clock, observer });
    this.#known.set(key, identity);
    return identity;
  }

  states(): IdentityState[] {
    return [...this.#known.values()].map(({ name, expiresAtMs, failing }) => ({
      name,
      expiresAtMs,
      failing,
    }));
  }

  /** Loaded on use: an adapter that nobody asks needs none of it. */
  #originOf(settings: CredentialSettings): CredentialOrigin {
    const parts = { ...this.#parts, baseOf: (base: BaseCredentialSettings) => this.of(base) };
    return async () => {
      const { originOf } = await import('./origins.ts');
      return originOf(settings, parts)();
    };
  }

  /** Those that differ in more than the name says are numbered. */
  #nameOf(settings: CredentialSettings): string {
    const name = plainName(settings);
    const taken = new Set([...this.#known.values()].map((identity) => identity.name));
    for (let number = 1; ; number += 1) {
      const tried = number === 1 ? name : `${name} #${number}`;
      if (!taken.has(tried)) return tried;
    }
  }
}

/** For `JSON.stringify`: settings that say the same are one, in whatever order. */
const inOrder = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).sort()) : value;

function plainName(settings: CredentialSettings): string {
  switch (settings.source) {
    case 'default':
    case 'environment':
      return settings.source;
    case 'rrsa':
      return [settings.source, settings.roleArn].filter(Boolean).join(' ');
    case 'ecs-role':
      return [settings.source, settings.roleName].filter(Boolean).join(' ');
    case 'addon-token':
      return [settings.source, settings.file].filter(Boolean).join(' ');
    case 'secret-file':
      return `${settings.source} ${settings.directory}`;
    case 'assume-role':
      return `${settings.source} ${settings.roleArn} from ${plainName(settings.from)}`;
  }
}
