import { AssertionError } from 'node:assert';
import { errorRegistry, type ErrorCode } from '../../../src/errors.ts';
import { slsErrorRules } from '../../../src/sls/sls-error-rules.ts';
import type { Reply } from '../../support/adapter.ts';
import { expectStatus } from '../../support/expect-status.ts';
import type { FleetSettings } from './fleet-settings.ts';
import { linesIn, type KnownRoute } from './known-log.ts';

/** One read of a route and its response. Times are Unix ms by the adapter's clock. */
export interface RouteRead {
  readonly route: KnownRoute;
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly reply: Reply;
}

/** The result of checking a read. */
export type Finding =
  | { readonly kind: 'number'; readonly windowEndMs: number; readonly ageMs: number }
  | { readonly kind: 'failure'; readonly code: string };

interface Item {
  readonly metricLabels: Readonly<Record<string, string>>;
  readonly timestamp: string;
  readonly window: string;
  readonly value: string;
}

/** On a busy machine SLS itself may be too slow at any time, so reads may always fail with these. */
export const slowCodes: readonly ErrorCode[] = ['SlsTimeout', 'DeadlineExceeded'];

/** How far the adapter's clock may be behind that of SLS. */
const behindSeconds = 31;

const thousandths: Readonly<Record<string, number>> = { m: 1, '': 1000, k: 1_000_000 };

/**
 * Checks every read against the log. A read must be either a value that has exactly the lines of its window and is not too
 * old, or an expected failure with its remedy. No rule here depends on the speed of the machine.
 */
export class ReadChecker {
  readonly #settings: FleetSettings;
  readonly #lastEndMs = new Map<KnownRoute, number>();
  /** Codes that a failed read may have. */
  expectedCodes: ReadonlySet<ErrorCode> = new Set(slowCodes);
  /** Since when SLS has not answered any query, by the adapter's clock. */
  silentSinceMs = Infinity;
  /** By how much the adapter's clock was ahead of the system's at most when it planned what it serves. */
  aheadMs = 0;

  constructor(settings: FleetSettings) {
    this.#settings = settings;
  }

  /** @throws Error if the read is wrong */
  check(read: RouteRead): Finding {
    return read.reply.statusCode === 200 ? this.#number(read) : this.#failure(read);
  }

  #number({ route, sentMs, receivedMs, reply }: RouteRead): Finding {
    const { items } = reply.body as { readonly items: readonly Item[] };
    const [item] = items;
    if (item === undefined || items.length > 1) throw new Error(`${items.length} items`);
    const { interval, minDelay, maxDelay, deadline } = this.#settings;
    // A query that SLS finally answers may have been planned up to a deadline ago.
    const maxStale = Math.max(this.#settings.maxStale, deadline);
    const { timestamp, value, window, metricLabels } = item;
    const end = Date.parse(timestamp) / 1000;
    // A query in flight while the clock was set is correct by the clock of SLS.
    const byAdapterMs = sentMs - (end + maxDelay + 1) * 1000;
    const bySlsMs = byAdapterMs + Date.now() - receivedMs;
    const ageMs = Math.min(byAdapterMs, bySlsMs);
    assert(metricLabels['sls.ingress.route'] === route.name, `labels ${JSON.stringify(metricLabels)}`);
    assert(Number(window) === interval, `window ${window}`);
    const expected = milliOf(route, end, interval);
    assert(milliValue(value) === expected, `${value} at ${timestamp} where the log has ${expected}m`);
    assert(end * 1000 <= Date.now(), `${timestamp} is in the future`);
    assert(ageMs < maxStale * 1000, `${timestamp} served ${ageMs / 1000} s after its query`);
    assert(bySlsMs < (maxStale + behindSeconds) * 1000, `${timestamp} is too old by the clock of SLS`);
    // An answered query was planned before SLS stopped answering.
    assert((end + minDelay) * 1000 <= this.silentSinceMs, `${timestamp} although SLS does not answer`);
    this.#lastEndMs.set(route, end * 1000);
    return { kind: 'number', windowEndMs: end * 1000, ageMs: Math.max(0, ageMs) };
  }

  #failure({ route, sentMs, receivedMs, reply }: RouteRead): Finding {
    const { details } = (reply.body ?? {}) as { details?: { causes?: { reason?: string }[] } };
    const cause = details?.causes?.[0]?.reason ?? '';
    const response = `${reply.statusCode} ${reply.text}`;
    assert(isErrorCode(cause) && this.expectedCodes.has(cause), `unexpected failure: ${response}`);
    const { httpStatus } = errorRegistry[cause as ErrorCode];
    expectStatus(
      reply,
      httpStatus,
      cause,
      new RegExp(`\\. (${remediesOf(cause as ErrorCode).join('|')}) \\(\\w+\\)$`),
    );
    const { minDelay, maxDelay, maxStale } = this.#settings;
    const lastMs = this.#lastEndMs.get(route) ?? -Infinity;
    const isReadable = lastMs + (maxDelay + 1) * 1000 <= sentMs;
    // The adapter counts ages by a clock that no step moves, and a clock ahead plans a window sooner.
    const oldestPlannedMs = lastMs + minDelay * 1000 - this.aheadMs;
    const isTooOld = Math.max(receivedMs, Date.now()) >= oldestPlannedMs + maxStale * 1000;
    assert(
      !isReadable || isTooOld,
      `failure although there is a sample of ${new Date(lastMs).toISOString()}: ${response}`,
    );
    return { kind: 'failure', code: cause };
  }
}

function assert(condition: boolean, message: string): void {
  if (!condition) throw new AssertionError({ message });
}

const isErrorCode = (text: string): text is ErrorCode => text in errorRegistry;
/** The remedies that an error of the code may have, for a regular expression. */
const remediesOf = (code: ErrorCode): string[] =>
  [
    errorRegistry[code].remedy,
    ...slsErrorRules.flatMap(({ means, remedy }) => (means === code ? (remedy ?? []) : [])),
  ].map(escaped);
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Returns a Quantity in thousandths, or NaN for any other text. */
function milliValue(text: string): number {
  const [, number, suffix = ''] = /^(\d+)([mk]?)$/.exec(text) ?? [];
  return Number(number) * (thousandths[suffix] ?? NaN);
}

/** Returns the requests per second of the window that ends then, in thousandths, rounded up. */
function milliOf(route: KnownRoute, endSeconds: number, windowSeconds: number): number {
  let lines = 0;
  for (let second = endSeconds - windowSeconds; second < endSeconds; second += 1)
    lines += linesIn(second, route);
  return Math.ceil((lines * 1000) / windowSeconds);
}
