import { setTimeout as sleep } from 'node:timers/promises';
import { ackIndex } from './ack-index.ts';
import { codeOf, type Administrator, type LineToWrite } from './administrator.ts';

/** How long each step may take, and how often it is tried. */
export interface Pace {
  readonly timeoutMs: number;
  readonly pauseMs: number;
}

/** SLS needs up to a minute until a new logstore takes lines, and until a new index covers them. */
export const usualPace: Pace = { timeoutMs: 180_000, pauseMs: 3000 };

const namePrefix = 'sls-metrics-adapter-test-';

/**
 * A logstore that this run makes and deletes. Its name is made here, from random digits, and no other logstore is ever
 * touched.
 */
export class OwnLogstore {
  readonly project: string;
  readonly name: string;
  readonly #administrator: Administrator;
  readonly #pace: Pace;
  #mayExist = false;

  /** @param random uniform in [0, 1) */
  constructor(project: string, administrator: Administrator, random: () => number, pace: Pace) {
    this.project = project;
    this.name = `${namePrefix}${Array.from({ length: 10 }, () => Math.floor(random() * 16).toString(16)).join('')}`;
    this.#administrator = administrator;
    this.#pace = pace;
  }

  /** Makes the logstore with ACK's index. @throws Error of SLS */
  async create(signal: AbortSignal): Promise<void> {
    this.#mayExist = true;
    try {
      await this.#administrator.createLogstore(this.project, this.name);
    } catch (error) {
      // Then it is not ours.
      if (codeOf(error) === 'LogStoreAlreadyExist') this.#mayExist = false;
      throw error;
    }
    await this.#whileMissing(
      () => this.#administrator.createIndex(this.project, this.name, ackIndex),
      signal,
    );
  }

  /** @throws Error of SLS */
  write(lines: readonly LineToWrite[], signal: AbortSignal): Promise<void> {
    return this.#whileMissing(() => this.#administrator.write(this.project, this.name, lines), signal);
  }

  /**
   * Deletes the logstore if it may exist. Tries again if that fails.
   *
   * @throws Error that says how to delete it by hand
   */
  async delete(): Promise<void> {
    if (!this.#mayExist) return;
    const endMs = performance.now() + this.#pace.timeoutMs;
    for (;;) {
      try {
        await this.#administrator.deleteLogstore(this.project, this.name);
        return;
      } catch (error) {
        if (codeOf(error) === 'LogStoreNotExist') return;
        if (performance.now() > endMs)
          throw new Error(
            `logstore ${this.name} of project ${this.project} could not be deleted (${String(error)}): delete it in the SLS console`,
            { cause: error },
          );
        await sleep(this.#pace.pauseMs);
      }
    }
  }

  /** Repeats a call while SLS does not know the new logstore everywhere. */
  async #whileMissing(call: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const endMs = performance.now() + this.#pace.timeoutMs;
    for (;;) {
      signal.throwIfAborted();
      try {
        await call();
        return;
      } catch (error) {
        if (codeOf(error) !== 'LogStoreNotExist' || performance.now() > endMs) throw error;
        await sleep(this.#pace.pauseMs, undefined, { signal });
      }
    }
  }
}
