import { decodeReading, printable } from '../support/reading-wire.ts';
import type { ClientReply } from './clients.ts';
import type { HpaRead } from './hpas.ts';
import { milliOf, type SoakLog } from './log.ts';
import type { SoakRoute } from './routes.ts';

/** One item of a reading. */
interface Item {
  readonly milli: number;
  readonly windowSeconds: number;
  readonly endSeconds: number;
}

interface CheckerSettings {
  /** Maximum age of a window's end. */
  readonly maxAgeSeconds: number;
  readonly clock: { now(): number };
}

/** Further faults are not kept. */
const maxFaults = 20;

/** The statuses that failed reads may have while failures are tolerated. */
const toleratedStatuses = [503, 504];

/** Compares readings with the log. */
export class ReadingChecker {
  readonly #log: SoakLog;
  readonly #settings: CheckerSettings;
  readonly #tolerances: { readonly fromMs: number; toMs: number }[] = [];
  /** The first faults. */
  readonly faults: string[] = [];
  /** The number of correct readings. */
  correct = 0;
  /** The number of expected refusals. */
  refused = 0;
  /** The number of tolerated failures. */
  tolerated = 0;
  /** The number of failures while the machine was busy with other work. */
  delayed = 0;

  constructor(log: SoakLog, settings: CheckerSettings) {
    this.#log = log;
    this.#settings = settings;
  }

  /** From now on reads may fail. Call `endIn` to end that after some time. */
  tolerateFailures(): { endIn(ms: number): void } {
    const tolerance = { fromMs: performance.now(), toMs: Infinity };
    this.#tolerances.push(tolerance);
    return { endIn: (ms) => void (tolerance.toMs = performance.now() + ms) };
  }

  /**
   * @param sentMs when the read was sent, by the monotonic clock
   * @param isMachineBusy whether other work kept the processors from the adapter and from SLS meanwhile
   */
  check(read: HpaRead, reply: ClientReply, sentMs: number, isMachineBusy = false): void {
    const { status } = reply;
    const expected = read.refusedWith ?? 200;
    if (status !== expected) {
      const mayFail = toleratedStatuses.includes(status);
      if (mayFail && this.#isTolerated(sentMs)) this.tolerated += 1;
      else if (mayFail && isMachineBusy) this.delayed += 1;
      else this.fault(`${status} instead of ${expected}: ${read.path}: ${printable(reply.body)}`);
      return;
    }
    if (status !== 200) {
      this.refused += 1;
      return;
    }
    const fault = this.#faultOf(read, itemsOf(reply));
    if (fault === undefined) this.correct += 1;
    else this.fault(`${fault}: ${read.path}`);
  }

  fault(text: string): void {
    if (this.faults.length < maxFaults) this.faults.push(text.slice(0, 500));
  }

  #isTolerated(sentMs: number): boolean {
    return this.#tolerances.some(({ fromMs, toMs }) => sentMs <= toMs && performance.now() >= fromMs);
  }

  /** Returns undefined if the items are correct. */
  #faultOf(
    { metric, routes, logstore, intervalSeconds }: HpaRead,
    items: readonly Item[],
  ): string | undefined {
    const expected: readonly (readonly SoakRoute[] | undefined)[] = routes?.map((route) => [route]) ?? [
      undefined,
    ];
    if (items.length !== expected.length) return `${items.length} items instead of ${expected.length}`;
    const nowSeconds = this.#settings.clock.now() / 1000;
    for (const [index, { milli, windowSeconds, endSeconds }] of items.entries()) {
      if (windowSeconds !== intervalSeconds) return `a window of ${windowSeconds} s`;
      const ageSeconds = nowSeconds - endSeconds;
      if (ageSeconds < 0 || ageSeconds > this.#settings.maxAgeSeconds)
        return `${ageSeconds.toFixed(1)} s old`;
      const lines = this.#log.count(logstore, expected[index], endSeconds - windowSeconds, endSeconds);
      if (lines === undefined) return `a window up to ${endSeconds}, where the log was not written`;
      const correct = milliOf[metric](lines, windowSeconds);
      if (milli !== correct) return `${milli} milli instead of ${correct}, up to ${endSeconds}`;
    }
    return undefined;
  }
}

function itemsOf({ body, isJson }: ClientReply): Item[] {
  if (!isJson) {
    const { value, windowSeconds, windowEndSeconds: endSeconds } = decodeReading(body);
    return [{ milli: Math.round(value * 1000), windowSeconds, endSeconds }];
  }
  const { items } = JSON.parse(body.toString()) as {
    readonly items: readonly {
      readonly value: string;
      readonly window: number;
      readonly timestamp: string;
    }[];
  };
  return items.map(({ value, window, timestamp }) => ({
    milli: milliOfQuantity(value),
    windowSeconds: window,
    endSeconds: Date.parse(timestamp) / 1000,
  }));
}

/** Parses a Quantity of the sizes that occur here. Returns NaN for any other text. */
function milliOfQuantity(quantity: string): number {
  const [, digits, suffix = ''] = /^(\d+)(m|k)?$/.exec(quantity) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) * ({ m: 1, k: 1_000_000 }[suffix] ?? 1000);
}
