import { trueReading, type LoggedLine, type Question, type TrueReading } from './log-oracle.ts';
import type { Place } from './sls-pair.ts';
import type { Asked } from './world.ts';

/** What a reading must be. */
export interface Truth {
  readonly reading: TrueReading;
  /** With the lines that are not visible yet. */
  readonly settled: TrueReading;
}

/** What there is to read at one time. */
export class Scene {
  readonly nowMs: number;
  readonly #logged: ReadonlyMap<Place, readonly LoggedLine[]>;
  readonly #delaySecondsOf: (asked: Asked) => number;
  /** The same is asked again and again. */
  readonly #truths = new Map<string, Truth>();

  constructor(
    nowMs: number,
    logged: ReadonlyMap<Place, readonly LoggedLine[]>,
    delaySecondsOf: (asked: Asked) => number,
  ) {
    this.nowMs = nowMs;
    this.#logged = logged;
    this.#delaySecondsOf = delaySecondsOf;
  }

  questionOf(asked: Asked): Question {
    const { metric, route, intervalSeconds, filters = {} } = asked;
    return { metric, route, intervalSeconds, filters, delaySeconds: this.#delaySecondsOf(asked) };
  }

  truthOf(place: Place, question: Question): Truth {
    const key = JSON.stringify([place, question]);
    const known = this.#truths.get(key);
    if (known !== undefined) return known;
    const logged = this.#logged.get(place) ?? [];
    const truth = {
      reading: trueReading(logged, question, this.nowMs),
      settled: trueReading(logged, question, this.nowMs, Infinity),
    };
    this.#truths.set(key, truth);
    return truth;
  }
}
