import { decodeReading } from '../support/reading-wire.ts';
import type { ClientReply } from './clients.ts';
import type { HpaRead } from './hpas.ts';
import type { SoakLog } from './log.ts';
import { milliOf } from './metrics.ts';
import type { SoakRoute } from './routes.ts';

/** One item of a reading. */
interface Item {
  readonly milli: number;
  readonly windowSeconds: number;
  readonly endSeconds: number;
}

export interface JudgeSettings {
  /** How old a window's end may be. */
  readonly mostAgeSeconds: number;
  readonly clock: { now(): number };
}

/** What is shown of what went wrong; the rest is counted. */
const mostShown = 20;

/** While SLS is in trouble a read may fail like this. */
const troubleStatuses = [503, 504];

/** Compares what is read with what is in the log. */
export class ReadingJudge {
  readonly #log: SoakLog;
  readonly #settings: JudgeSettings;
  readonly #troubles: { readonly fromMs: number; toMs: number }[] = [];
  /** The first that went wrong. */
  readonly faults: string[] = [];
  /** All that went wrong. */
  faultCount = 0;
  /** Readings that were right. */
  right = 0;
  /** Refusals that were due. */
  refused = 0;
  /** Failures while SLS was in trouble. */
  excused = 0;

  constructor(log: SoakLog, settings: JudgeSettings) {
    this.#log = log;
    this.#settings = settings;
  }

  /** From now on a read may fail, until some time after the trouble is over. */
  excuse(): { endIn(ms: number): void } {
    const trouble = { fromMs: performance.now(), toMs: Infinity };
    this.#troubles.push(trouble);
    return { endIn: (ms) => void (trouble.toMs = performance.now() + ms) };
  }

  /** @param sentMs of the monotonic clock */
  judge(read: HpaRead, reply: ClientReply, sentMs: number): void {
    const { status } = reply;
    const expected = read.refusedWith ?? 200;
    if (status !== expected) {
      if (troubleStatuses.includes(status) && this.#wasInTrouble(sentMs)) this.excused += 1;
      else this.fault(`${status} instead of ${expected}: ${read.path}: ${printable(reply.body)}`);
      return;
    }
    if (status !== 200) {
      this.refused += 1;
      return;
    }
    const wrong = this.#wrong(read, itemsOf(reply));
    if (wrong === undefined) this.right += 1;
    else this.fault(`${wrong}: ${read.path}`);
  }

  fault(text: string): void {
    this.faultCount += 1;
    if (this.faults.length < mostShown) this.faults.push(text.slice(0, 500));
  }

  #wasInTrouble(sentMs: number): boolean {
    return this.#troubles.some(({ fromMs, toMs }) => sentMs <= toMs && performance.now() >= fromMs);
  }

  #wrong({ metric, routes, logstore, intervalSeconds }: HpaRead, items: readonly Item[]): string | undefined {
    const asked: readonly (readonly SoakRoute[] | undefined)[] = routes?.map((route) => [route]) ?? [
      undefined,
    ];
    if (items.length !== asked.length) return `${items.length} items instead of ${asked.length}`;
    const nowSeconds = this.#settings.clock.now() / 1000;
    for (const [index, { milli, windowSeconds, endSeconds }] of items.entries()) {
      if (windowSeconds !== intervalSeconds) return `a window of ${windowSeconds} s`;
      const ageSeconds = nowSeconds - endSeconds;
      if (ageSeconds < 0 || ageSeconds > this.#settings.mostAgeSeconds)
        return `${ageSeconds.toFixed(1)} s old`;
      const lines = this.#log.count(logstore, asked[index], endSeconds - windowSeconds, endSeconds);
      if (lines === undefined) return `a window up to ${endSeconds}, for which there is no log`;
      const right = milliOf[metric](lines, windowSeconds);
      if (milli !== right) return `${milli} milli instead of ${right}, up to ${endSeconds}`;
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

/** Of a Quantity as large as they come here. */
function milliOfQuantity(quantity: string): number {
  const [, digits, suffix = ''] = /^(\d+)(m|k)?$/.exec(quantity) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) * ({ m: 1, k: 1_000_000 }[suffix] ?? 1000);
}

/** A Status in protobuf is mostly text. */
const printable = (body: Buffer) => body.toString('latin1').replace(/[^\x20-\x7e]+/g, ' ');
