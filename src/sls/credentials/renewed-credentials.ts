import { AdapterError } from '../../errors.ts';
import { isSameKey, type Credentials, type CredentialSource } from '../credentials.ts';
import type { CredentialOrigin, Lease } from './lease.ts';

/** What is told of the credentials of an identity. */
export interface CredentialObserver {
  /** Once an outage: what is held is still used, until SLS refuses it or it expires. */
  credentialsFailing(event: {
    readonly identity: string;
    readonly expiresAtMs: number | undefined;
    readonly error: AdapterError;
  }): void;
  credentialsRecovered(event: { readonly identity: string }): void;
}

export interface RenewalParts {
  /** What errors and metrics call the identity; no secret. */
  readonly name: string;
  readonly origin: CredentialOrigin;
  /** That of the expiry, Unix ms. */
  readonly clock: { now(): number };
  /** Default: that of the process. */
  readonly monotonicMs?: () => number;
  readonly observer: CredentialObserver;
}

/** Renewed this long before the end, or after two thirds of the time where that is earlier. */
const longestLeadMs = 15 * 60_000;
/** Not used in the last seconds: a query takes some, and clocks differ. */
const longestMarginMs = 10_000;
/** After a renewal in the background has failed; what is held is good for some time yet. */
const backgroundRetryMs = 10_000;
/** For so long a failure is the answer to all who ask: many ask at a time. */
const failureMs = 1000;
/** A wrong key is asked for again no more often, however often SLS refuses it. */
const rebuildPauseMs = 5000;

interface Held extends Lease {
  /** Of the monotonic clock, as all that follow. */
  renewAtMs: number;
  readonly usableUntilMs: number;
  refused: boolean;
}

/**
 * The credentials of one identity. They are renewed while they are still good, in one flight and without keeping
 * anybody waiting, and asked for anew once SLS has refused them. Nothing happens while nobody asks.
 */
export class RenewedCredentials implements CredentialSource {
  readonly #parts: Required<RenewalParts>;
  #held: Held | undefined;
  #flight: Promise<Credentials> | undefined;
  #failure: { readonly error: AdapterError; readonly untilMs: number } | undefined;
  #rebuiltMs = -Infinity;
  /** Told of, and not yet over. */
  #failing = false;
  #lastFailed = false;

  constructor(parts: RenewalParts) {
    this.#parts = { monotonicMs: () => performance.now(), ...parts };
  }

  get name(): string {
    return this.#parts.name;
  }

  /** Unix ms; undefined where they do not expire, or none are held. */
  get expiresAtMs(): number | undefined {
    return this.#held?.expiresAtMs;
  }

  /** Whether the last attempt to get or renew them failed. */
  get failing(): boolean {
    return this.#lastFailed;
  }

  async current(): Promise<Credentials> {
    const held = this.#held;
    if (held === undefined || !this.#isUsable(held)) return this.#renew();
    if (this.#parts.monotonicMs() < held.renewAtMs) return held.credentials;
    const renewal = this.#renew();
    if (held.recheck?.inBackground === false) return renewal;
    // Told of already; whoever asks after the end of what is held hears of it.
    renewal.catch(() => undefined);
    return held.credentials;
  }

  refused(credentials: Credentials): void {
    const held = this.#held;
    const nowMs = this.#parts.monotonicMs();
    if (held === undefined || nowMs - this.#rebuiltMs < rebuildPauseMs) return;
    // A query may have been under way since before the last renewal.
    if (!isSameKey(held.credentials, credentials)) return;
    this.#rebuiltMs = nowMs;
    held.refused = true;
  }

  #isUsable({ refused, usableUntilMs, expiresAtMs = Infinity }: Held): boolean {
    const { clock, monotonicMs } = this.#parts;
    return !refused && monotonicMs() < usableUntilMs && clock.now() < expiresAtMs;
  }

  #renew(): Promise<Credentials> {
    this.#flight ??= this.#ask().finally(() => (this.#flight = undefined));
    return this.#flight;
  }

  async #ask(): Promise<Credentials> {
    const { name, origin, observer, monotonicMs } = this.#parts;
    if (this.#failure !== undefined && monotonicMs() < this.#failure.untilMs) throw this.#failure.error;
    try {
      this.#held = this.#hold(await origin());
    } catch (thrown) {
      return this.#fail(thrown);
    }
    this.#failure = undefined;
    this.#lastFailed = false;
    if (this.#failing) observer.credentialsRecovered({ identity: name });
    this.#failing = false;
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
      throw new Error(`these expired at ${end}, and it is ${now} now`);
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

  #fail(thrown: unknown): Credentials {
    const { name, observer, monotonicMs } = this.#parts;
    const error = toCredentialsError(thrown, name);
    this.#lastFailed = true;
    const held = this.#held;
    if (held === undefined || !this.#isUsable(held)) {
      this.#failure = { error, untilMs: monotonicMs() + failureMs };
      throw error;
    }
    held.renewAtMs = monotonicMs() + (held.recheck?.inBackground === false ? failureMs : backgroundRetryMs);
    if (!this.#failing) observer.credentialsFailing({ identity: name, expiresAtMs: held.expiresAtMs, error });
    this.#failing = true;
    return held.credentials;
  }
}

/**
 * What came along when a key was copied would fail later: the id and the token go into headers, where it reads as a
 * broken connection.
 */
function checkCharacters({ accessKeyId, accessKeySecret, securityToken = '' }: Credentials): void {
  const parts = [
    ['access key ID', accessKeyId],
    ['access key secret', accessKeySecret],
    ['security token', securityToken],
  ] as const;
  const wrong = parts.find(([, text]) => /[^\x21-\x7e]/.test(text));
  if (wrong === undefined) return;
  throw new Error(
    `the ${wrong[0]} has a character that is in no key: a space, a line feed, a curly quote or the like`,
  );
}

/** Without a cause: origins have said all that may be said. */
function toCredentialsError(thrown: unknown, name: string): AdapterError {
  if (thrown instanceof AdapterError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new AdapterError(
    'CredentialsMissing',
    `no credentials for SLS (${name}): ${reason.replace(/\.$/, '')}`,
  );
}
