import { AdapterError } from '../../errors.ts';
import { withoutChangingParts } from '../shown-text.ts';
import {
  isSameKey,
  type CredentialOrigin,
  type Credentials,
  type CredentialSource,
  type Lease,
} from './credentials.ts';

export interface CredentialObserver {
  /** Called once per outage. The current credentials stay in use until SLS refuses them or they expire. */
  credentialsFailing(event: {
    readonly identity: string;
    readonly expiresAtMs: number | undefined;
    readonly error: AdapterError;
  }): void;
  credentialsRecovered(event: { readonly identity: string }): void;
}

interface RenewalParts {
  /** Name of the identity in errors and metrics; contains no secret. */
  readonly name: string;
  readonly origin: CredentialOrigin;
  /** Unix ms; decides when credentials have expired. */
  readonly clock: { now(): number };
  /** Default: the monotonic clock of the process. */
  readonly monotonicMs?: () => number;
  readonly observer: CredentialObserver;
}

/** Credentials are renewed this long before they expire, or after two thirds of their lifetime if that is earlier. */
const longestLeadMs = 15 * 60_000;
/** Credentials are not used in their last seconds: a query takes some, and clocks differ. */
const longestMarginMs = 10_000;
/** Pause after a failed renewal in the background: the current credentials are still valid. */
const backgroundRetryMs = 10_000;
/** How long one failure answers all callers: many call at the same time. */
const failureMs = 1000;
/** Refused credentials are fetched again at most this often, however often SLS refuses them. */
const refetchPauseMs = 5000;

interface Held extends Lease {
  /** By the monotonic clock, as `usableUntilMs` is. */
  renewAtMs: number;
  readonly usableUntilMs: number;
  refused: boolean;
}

/** The failure of the last attempt to fetch them. */
interface Failure {
  readonly error: AdapterError;
  /** Until then, by the monotonic clock, it answers callers without another attempt. */
  readonly untilMs: number;
  /** Whether the observer was told of this outage. */
  readonly isReported: boolean;
}

/**
 * The credentials of one identity. They are renewed before they expire, by one request and without a caller that waits,
 * and fetched again after SLS refuses them. No timer runs: without calls nothing is fetched.
 */
export class RenewedCredentials implements CredentialSource {
  readonly name: string;
  readonly #parts: Required<RenewalParts>;
  #held: Held | undefined;
  #pending: Promise<Credentials> | undefined;
  #failure: Failure | undefined;
  #refetchedMs = -Infinity;

  constructor(parts: RenewalParts) {
    this.name = parts.name;
    this.#parts = { monotonicMs: () => performance.now(), ...parts };
  }

  /** Unix ms; undefined if the credentials do not expire, or there are none. */
  get expiresAtMs(): number | undefined {
    return this.#held?.expiresAtMs;
  }

  /** Whether the last attempt to fetch or renew them failed. */
  get failing(): boolean {
    return this.#failure !== undefined;
  }

  async current(): Promise<Credentials> {
    const held = this.#held;
    if (held === undefined || !this.#isUsable(held)) return this.#renew();
    if (this.#parts.monotonicMs() < held.renewAtMs) return held.credentials;
    const renewal = this.#renew();
    if (held.recheck?.inBackground === false) return renewal;
    // The observer was told. Callers see the failure once the current credentials are no longer usable.
    renewal.catch(() => undefined);
    return held.credentials;
  }

  refused(credentials: Credentials): void {
    const held = this.#held;
    const nowMs = this.#parts.monotonicMs();
    if (held === undefined || nowMs - this.#refetchedMs < refetchPauseMs) return;
    // The query may have been sent before the last renewal.
    if (!isSameKey(held.credentials, credentials)) return;
    this.#refetchedMs = nowMs;
    held.refused = true;
  }

  #isUsable({ refused, usableUntilMs, expiresAtMs = Infinity }: Held): boolean {
    const { clock, monotonicMs } = this.#parts;
    return !refused && monotonicMs() < usableUntilMs && clock.now() < expiresAtMs;
  }

  #renew(): Promise<Credentials> {
    this.#pending ??= this.#fetch().finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  async #fetch(): Promise<Credentials> {
    const { name, origin, observer, monotonicMs } = this.#parts;
    if (this.#failure !== undefined && monotonicMs() < this.#failure.untilMs) throw this.#failure.error;
    try {
      this.#held = this.#hold(await origin());
    } catch (thrown) {
      return this.#fail(thrown);
    }
    if (this.#failure?.isReported === true) observer.credentialsRecovered({ identity: name });
    this.#failure = undefined;
    return this.#held.credentials;
  }

  #hold(lease: Lease): Held {
    const { clock, monotonicMs } = this.#parts;
    const nowMs = monotonicMs();
    checkCharacters(lease.credentials);
    const { expiresAtMs = Infinity, recheck } = lease;
    const leftMs = expiresAtMs - clock.now();
    if (leftMs <= 0) {
      const [end, now] = [expiresAtMs, clock.now()].map((ms) => new Date(ms).toISOString());
      throw new Error(`they expired at ${end}, and it is now ${now}`);
    }
    const renewInMs = Math.min(
      Math.max((leftMs * 2) / 3, leftMs - longestLeadMs),
      recheck?.afterMs ?? Infinity,
    );
    return {
      ...lease,
      renewAtMs: nowMs + renewInMs,
      usableUntilMs: nowMs + leftMs - Math.min(longestMarginMs, leftMs / 10),
      refused: false,
    };
  }

  /** @returns the current credentials if they are still usable */
  #fail(thrown: unknown): Credentials {
    const { name, observer, monotonicMs } = this.#parts;
    const error = toCredentialsError(thrown, name);
    const wasReported = this.#failure?.isReported === true;
    const held = this.#held;
    if (held === undefined || !this.#isUsable(held)) {
      this.#failure = { error, untilMs: monotonicMs() + failureMs, isReported: wasReported };
      throw error;
    }
    this.#failure = { error, untilMs: -Infinity, isReported: true };
    held.renewAtMs = monotonicMs() + (held.recheck?.inBackground === false ? failureMs : backgroundRetryMs);
    if (!wasReported) observer.credentialsFailing({ identity: name, expiresAtMs: held.expiresAtMs, error });
    return held.credentials;
  }
}

/**
 * Refuses characters that came along when a key was copied. They would fail later and look like a broken connection:
 * the ID and the token go into HTTP headers.
 */
function checkCharacters({ accessKeyId, accessKeySecret, securityToken = '' }: Credentials): void {
  const parts = {
    'access key ID': accessKeyId,
    'access key secret': accessKeySecret,
    'security token': securityToken,
  };
  for (const [name, text] of Object.entries(parts))
    if (/[^\x21-\x7e]/.test(text))
      throw new Error(
        `the ${name} contains a character that no key has, such as a space, a line feed or a curly quote`,
      );
}

/** The message of the origin is all that may be shown; the log has it whole. */
function toCredentialsError(thrown: unknown, name: string): AdapterError {
  if (thrown instanceof AdapterError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const what = `no credentials for SLS (${name}): ${withoutChangingParts(reason.replace(/\.$/, ''))}`;
  return new AdapterError('CredentialsMissing', what, { cause: new Error(reason) });
}
