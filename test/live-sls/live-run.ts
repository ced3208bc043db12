import { setTimeout as sleep } from 'node:timers/promises';
import type { Io } from '../../src/cli/io.ts';
import { retrying } from '../../src/doctor/assumptions-check.ts';
import { AdapterError, type ErrorCode } from '../../src/errors.ts';
import type { SlsStack } from '../../src/service/sls-stack.ts';
import { askLedger, notAsked, type EntryResult } from '../../src/sls/assumptions/ask-ledger.ts';
import { ledger, linesOf } from '../../src/sls/assumptions/ledger.ts';
import { SlsClient, type LogQuery, type LogSource } from '../../src/sls/client.ts';
import type { LogstoreAddress } from '../../src/sls/endpoint.ts';
import { fixedCredentials } from '../support/fixed-credentials.ts';
import type { OwnLogstore, Pace } from './own-logstore.ts';
import { readingLines } from './readings.ts';

/** What SLS answers until a new logstore and its index are known everywhere. */
const notYet: readonly ErrorCode[] = ['LogstoreNotFound', 'IndexMissing', 'QueryRefused'];

/** Writes to the logstore of a run and asks it. */
export class LiveRun {
  readonly #own: OwnLogstore;
  readonly #place: LogstoreAddress;
  readonly #sls: SlsStack;
  readonly #io: Io;
  readonly #pace: Pace;

  constructor(own: OwnLogstore, place: LogstoreAddress, sls: SlsStack, io: Io, pace: Pace) {
    this.#own = own;
    this.#place = place;
    this.#sls = sls;
    this.#io = io;
    this.#pace = pace;
  }

  /** Writes a line again and again until one is found. An index covers only lines that arrive after it. */
  async untilIndexed(): Promise<void> {
    await this.#until('SLS finds no line of the new logstore', async () => {
      const nowSeconds = this.#nowSeconds();
      await this.#own.write([{ timeSeconds: nowSeconds, fields: { req_id: 'probe' } }], this.#io.signal);
      return (await this.#count("req_id = 'probe'", nowSeconds - 300, nowSeconds + 1)) > 0;
    });
  }

  /** @returns the second that sample lines are stamped from, and how long SLS took until it found them all */
  async writeLines(): Promise<{ readonly linesFromSeconds: number; readonly queryableMs: number }> {
    // SLS finds lines of the last three minutes at once, older ones later.
    const linesFromSeconds = Math.floor(this.#nowSeconds() / 60) * 60 - 60;
    const lines = [...linesOf(ledger(), linesFromSeconds), ...readingLines(linesFromSeconds + 10)];
    await this.#own.write(lines, this.#io.signal);
    const startMs = performance.now();
    await this.#until('SLS does not find all lines that were written', async () => {
      const found = await this.#count("req_id <> 'probe'", linesFromSeconds, linesFromSeconds + 120);
      return found >= lines.length;
    });
    return { linesFromSeconds, queryableMs: performance.now() - startMs };
  }

  async ask(
    linesFromSeconds: number,
  ): Promise<{ readonly results: readonly EntryResult[]; readonly queries: number }> {
    const askable = ledger().filter(({ asked }) => asked !== 'never');
    using wrongSecret = await this.#withWrongSecret();
    const { gates } = this.#sls;
    const place = {
      ...this.#place,
      nowSeconds: this.#nowSeconds(),
      linesFromSeconds,
      logs: retrying(gates, this.#io.random),
      wrongSecret,
    };
    const { results, queries } = await askLedger(askable, place, this.#io.signal);
    const others = ledger().filter(({ asked }) => asked === 'never');
    return { results: [...results, ...others.map(notAsked)], queries };
  }

  async #withWrongSecret(): Promise<LogSource & Disposable> {
    const credentials = await this.#sls.credentialsOf(this.#place.project).current();
    const wrong = fixedCredentials({ ...credentials, accessKeySecret: `${credentials.accessKeySecret}x` });
    const settings = { connectTimeoutMs: 10_000, readTimeoutMs: 30_000 };
    const client = new SlsClient(() => wrong, settings, { slsQueryFinished: () => undefined });
    return {
      query: (query, signal) => client.query(query, signal),
      [Symbol.dispose]: () => client.close(),
    };
  }

  /** @returns 0 while SLS does not know the logstore or its index */
  async #count(condition: string, fromSeconds: number, toSeconds: number): Promise<number> {
    const query: LogQuery = {
      ...this.#place,
      fromSeconds,
      toSeconds,
      query: `* | SELECT count(*) AS c FROM log WHERE ${condition} LIMIT 1`,
    };
    try {
      const { rows } = await retrying(this.#sls.gates, this.#io.random).query(query, this.#io.signal);
      return Number(rows[0]?.['c']);
    } catch (error) {
      if (error instanceof AdapterError && notYet.includes(error.code)) return 0;
      throw error;
    }
  }

  async #until(failure: string, isDone: () => Promise<boolean>): Promise<void> {
    const { timeoutMs, pauseMs } = this.#pace;
    const endMs = performance.now() + timeoutMs;
    while (!(await isDone())) {
      if (performance.now() > endMs) throw new Error(`${failure} within ${timeoutMs / 1000} s`);
      await sleep(pauseMs, undefined, { signal: this.#io.signal });
    }
  }

  #nowSeconds(): number {
    return Math.floor(this.#io.clock.now() / 1000);
  }
}
