import { AssertionError } from 'node:assert';
import { errorRegistry, type ErrorCode } from '../../../src/errors.ts';
import type { Reply } from '../../support/adapter.ts';
import { expectStatus } from '../../support/expect-status.ts';
import type { FleetSettings } from './fleet-settings.ts';
import { linesIn, type KnownRoute } from './known-log.ts';

/** One read of a route, and what came of it. Times are the adapter's, Unix ms. */
export interface RouteRead {
  readonly route: KnownRoute;
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly reply: Reply;
}

/** What a read was found to be. */
export type Finding =
  | { readonly kind: 'number'; readonly windowEndMs: number; readonly ageMs: number }
  | { readonly kind: 'failure'; readonly code: string };

interface Item {
  readonly metricLabels: Readonly<Record<string, string>>;
  readonly timestamp: string;
  readonly window: string;
  readonly value: string;
}

export const tooSlow: readonly ErrorCode[] = ['SlsTimeout', 'DeadlineExceeded', 'CircuitOpen'];

/** How far behind SLS the clock of the adapter may be. */
const behindSeconds = 31;

const thousandths: Readonly<Record<string, number>> = { m: 1, '': 1000, k: 1_000_000 };

/**
 * Holds every read to the log and to what a reading may be: the count of exactly its window and no older than it may
 * be, or a failure that is due and says what to do. No rule here depends on how fast the machine is.
 */
export class Judge {
  readonly #settings: FleetSettings;
  readonly #lastEndMs = new Map<KnownRoute, number>();
  /** The failures that may come. On a machine that is busy, SLS itself may be too slow at any time. */
  due: ReadonlySet<ErrorCode> = new Set(tooSlow);
  /** Since when SLS answers no query, by the adapter's clock. */
  silentSinceMs = Infinity;

  constructor(settings: FleetSettings) {
    this.#settings = settings;
  }

  /** @throws Error for what must not be */
  judge(read: RouteRead): Finding {
    return read.reply.statusCode === 200 ? this.#number(read) : this.#failure(read);
  }

  #number({ route, sentMs, receivedMs, reply }: RouteRead): Finding {
    const { items } = reply.body as { readonly items: readonly Item[] };
    const [item] = items;
    if (item === undefined || items.length > 1) throw new Error(`${items.length} items`);
    const { interval, leastDelay, mostDelay, deadline } = this.#settings;
    // A query that SLS answers at last was planned up to a deadline ago.
    const maxStale = Math.max(this.#settings.maxStale, deadline);
    const { timestamp, value, window, metricLabels } = item;
    const end = Date.parse(timestamp) / 1000;
    // A query that was under way as the clock was set is right by SLS's own.
    const byAdapterMs = sentMs - (end + mostDelay + 1) * 1000;
    const bySlsMs = byAdapterMs + Date.now() - receivedMs;
    const ageMs = Math.min(byAdapterMs, bySlsMs);
    holds(metricLabels['sls.ingress.route'] === route.name, `labels ${JSON.stringify(metricLabels)}`);
    holds(Number(window) === interval, `window ${window}`);
    const right = milliOf(route, end, interval);
    holds(milliValue(value) === right, `${value} at ${timestamp} where the log has ${right}m`);
    holds(end * 1000 <= Date.now(), `${timestamp} is yet to come`);
    holds(ageMs < maxStale * 1000, `${timestamp} served ${ageMs / 1000} s after it was asked of SLS`);
    holds(bySlsMs < (maxStale + behindSeconds) * 1000, `${timestamp} is of long ago by the clock of SLS`);
    // A query that SLS answered was planned before it fell silent.
    holds((end + leastDelay) * 1000 <= this.silentSinceMs, `${timestamp} although SLS is silent`);
    this.#lastEndMs.set(route, end * 1000);
    return { kind: 'number', windowEndMs: end * 1000, ageMs: Math.max(0, ageMs) };
  }

  #failure({ route, sentMs, receivedMs, reply }: RouteRead): Finding {
    const { details } = (reply.body ?? {}) as { details?: { causes?: { reason?: string }[] } };
    const cause = details?.causes?.[0]?.reason ?? '';
    const said = `${reply.statusCode} ${reply.text}`;
    holds(isErrorCode(cause) && this.due.has(cause), `not due: ${said}`);
    const { httpStatus, remedy } = errorRegistry[cause as ErrorCode];
    expectStatus(reply, httpStatus, cause, new RegExp(`. ${escaped(remedy)}$`));
    const { leastDelay, mostDelay, maxStale } = this.#settings;
    const lastMs = this.#lastEndMs.get(route) ?? -Infinity;
    const isPast = lastMs + (mostDelay + 1) * 1000 <= sentMs;
    const isOld = receivedMs >= lastMs + (leastDelay + maxStale) * 1000;
    holds(!isPast || isOld, `although there is a good reading of ${new Date(lastMs).toISOString()}: ${said}`);
    return { kind: 'failure', code: cause };
  }
}

function holds(fact: boolean, otherwise: string): void {
  if (!fact) throw new AssertionError({ message: otherwise });
}

const isErrorCode = (text: string): text is ErrorCode => text in errorRegistry;
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A Quantity of requests per second, in thousandths; NaN where it is none. */
function milliValue(text: string): number {
  const [, number, suffix = ''] = /^(\d+)([mk]?)$/.exec(text) ?? [];
  return Number(number) * (thousandths[suffix] ?? NaN);
}

/** Requests per second over the window that ends then, in thousandths, rounded up. */
function milliOf(route: KnownRoute, endSeconds: number, windowSeconds: number): number {
  let lines = 0;
  for (let second = endSeconds - windowSeconds; second < endSeconds; second += 1)
    lines += linesIn(second, route);
  return Math.ceil((lines * 1000) / windowSeconds);
}
