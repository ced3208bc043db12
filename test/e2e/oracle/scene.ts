import { trueReading, type LoggedLine, type Question, type TrueReading } from './log-oracle.ts';
import type { Place } from './sls-pair.ts';
import type { Asked } from './world.ts';

/** The true reading of a question. */
interface Truth {
  readonly reading: TrueReading;
  /** The reading if all lines were visible. */
  readonly settled: TrueReading;
}

/** The log at one moment. */
export class Scene {
  readonly nowMs: number;
  readonly #logged: ReadonlyMap<Place, readonly LoggedLine[]>;
  readonly #delaySecondsOf: (asked: Asked) => number;
  /** By question, because the same questions come many times. */
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
