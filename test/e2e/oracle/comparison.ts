import { formatQuantity } from '../../../src/grammar/quantity.ts';
import type { Outcome, Window } from '../../../src/metric/sample.ts';
import { newSeries, type Series } from '../../../src/metric/series.ts';
import { AdaptiveWindows } from '../../../src/reading/adaptive/adaptive-windows.ts';
import { outcomeOf, planBatches, type Batch } from '../../../src/reading/plan.ts';
import { alive } from '../../sls/sls-client.ts';
import { metricOracle, trueWindow, type Question } from './log-oracle.ts';
import type { Scene } from './scene.ts';
import type { Place, SlsPair } from './sls-pair.ts';
import type { Asked, AskedSet } from './world.ts';
import { findMetric } from '../../support/catalog.ts';

/** The question that one series of a planning stands for. */
interface Meaning {
  readonly place: Place;
  readonly question: Question;
  readonly isAdaptive: boolean;
}

/** How many plannings and readings were compared, by kind. */
class Tally {
  plannings = 0;
  readings = 0;
  nonZero = 0;
  /** From a query that answered several series. */
  batched = 0;
  wholeLogstore = 0;
  /** From a query that counted every route. */
  everyRoute = 0;
  /** With lines in the window that were not visible yet. */
  unsettled = 0;
  /** With a shorter window, because requests rise. */
  shrunk = 0;
  /** With too many lines that lack the number. */
  unreadable = 0;

  toString(): string {
    const kinds = Object.entries(this).map(([kind, count]) => `${kind} ${count}`);
    return kinds.join(', ');
  }
}

/** Plans series, asks SLS, and compares the readings with the log itself. */
export class Comparison {
  readonly tally = new Tally();
  readonly #sls: SlsPair;
  readonly #windows = new AdaptiveWindows({ windowShrunk: () => (this.tally.shrunk += 1) });

  constructor(sls: SlsPair) {
    this.#sls = sls;
  }

  /**
   * Compares all sets at once, each in its own planning. Equal sets are compared once.
   *
   * @throws Error about the first wrong reading, window or number of queries
   */
  async compareAll(sets: readonly AskedSet[], scene: Scene): Promise<void> {
    const different = [...new Map(sets.map((set) => [JSON.stringify(set), set])).values()];
    const compared = await Promise.allSettled(different.map((set) => this.#compareSet(set, scene)));
    for (const one of compared) if (one.status === 'rejected') throw one.reason;
  }

  async #compareSet({ asked, maxNamedRoutes }: AskedSet, scene: Scene): Promise<void> {
    const meanings = new Map<Series, Meaning>();
    for (const one of asked)
      meanings.set(seriesOf(one), {
        place: one.place,
        question: scene.questionOf(one),
        isAdaptive: one.isAdaptive === true,
      });
    const batches = planBatches([...meanings.keys()], {
      nowSeconds: scene.nowMs / 1000,
      endpointOf: this.#sls.endpointOf,
      delaySecondsOf: (series) => of(series, meanings).question.delaySeconds,
      maxNamedRoutes,
      isAdaptive: ({ windowMode }) => windowMode === 'adaptive',
    });
    this.tally.plannings += 1;
    const groups = new Set([...meanings.values()].map(groupOf));
    expectSame(batches.length, groups.size, () => `the number of queries for ${JSON.stringify(asked)}`);
    const planned = batches.flatMap(({ series }) => series);
    expectSame(planned.length, asked.length, () => 'the number of series planned');
    expectSame(new Set(planned).size, asked.length, () => 'the number of different series planned');
    await Promise.all(batches.map((batch) => this.#compareBatch(batch, meanings, scene)));
  }

  async #compareBatch(
    { query, series }: Batch,
    meanings: ReadonlyMap<Series, Meaning>,
    scene: Scene,
  ): Promise<void> {
    const { byRoute } = await this.#sls.source.query(query, alive());
    for (const one of series) {
      const outcome = outcomeOf(one, query, byRoute, this.#windows);
      const meaning = asStated(of(one, meanings), outcome);
      const value = compareOutcome(outcome, meaning, scene);
      this.tally.readings += 1;
      if (value === undefined) this.tally.unreadable += 1;
      else if (value > 0) this.tally.nonZero += 1;
      if (series.length > 1) this.tally.batched += 1;
      if (one.route === undefined) this.tally.wholeLogstore += 1;
      else if (query.everyRoute) this.tally.everyRoute += 1;
      const { reading, settled } = scene.truthOf(meaning.place, meaning.question);
      if (JSON.stringify(reading) !== JSON.stringify(settled)) this.tally.unsettled += 1;
    }
  }
}

/** Returns the meaning with the window that the reading states, if it is adaptive. */
function asStated(meaning: Meaning, outcome: Outcome): Meaning {
  if (!meaning.isAdaptive || outcome.kind === 'failed') return meaning;
  const { startSeconds, endSeconds } = outcome.sample.window;
  const intervalSeconds = endSeconds - startSeconds;
  const allowed = [3, 5, 8, 12, meaning.question.intervalSeconds];
  expectSame(allowed.includes(intervalSeconds), true, () => `that a window may have ${intervalSeconds} s`);
  return { ...meaning, question: { ...meaning.question, intervalSeconds } };
}

/** Returns the value; undefined if the reading rightly fails. */
function compareOutcome(outcome: Outcome, { place, question }: Meaning, scene: Scene): number | undefined {
  const what = () => `the reading of ${JSON.stringify({ ...place, ...question })}`;
  const { reading } = scene.truthOf(place, question);
  if (outcome.kind === 'failed') {
    if (reading === 'none' && outcome.error.code === 'LinesUnreadable') return undefined;
    throw new Error(`${what()} failed`, { cause: outcome.error });
  }
  const { value, window } = outcome.sample;
  const isTrue = reading !== 'none' && value >= reading.least && value <= reading.most;
  if (!isTrue) throw new Error(`${what()} is ${value}, and should be ${JSON.stringify(reading)}`);
  expectSame(window, trueWindow(question, scene.nowMs) satisfies Window, () => `the window of ${what()}`);
  const printed = milliOf(formatQuantity(value));
  // No Quantity is greater: its MilliValue is an int64.
  const inMilli = Math.min(value * 1000, Number(2n ** 63n));
  const roundedUpBy = printed - inMilli;
  const noise = 1e-6 + printed * 1e-15;
  const isRight = roundedUpBy > -noise && roundedUpBy < 1 + noise && printed > 0 === value > 0;
  expectSame(isRight, true, () => `that ${printed}m is ${value} in milli, rounded up and limited,`);
  const { milli = String(printed) } = reading;
  expectSame(String(printed), milli, () => `what is printed for ${what()} in milli`);
  return value;
}

/** Returns a printed Quantity in thousandths. */
function milliOf(quantity: string): number {
  const [, digits, suffix = ''] = /^(\d+)([mkMGTP]?)$/.exec(quantity) ?? [];
  return (
    Number(digits) *
    (new Map([
      ['m', 1],
      ['', 1e3],
      ['k', 1e6],
      ['M', 1e9],
      ['G', 1e12],
      ['T', 1e15],
      ['P', 1e18],
    ]).get(suffix) ?? NaN)
  );
}

function seriesOf({ metric, place, filters = {}, isAdaptive = false, ...asked }: Asked): Series {
  const { internal, project, logstore } = place;
  return newSeries({
    ...asked,
    metric: findMetric(metric),
    project,
    logstore,
    filters,
    internalEndpoint: internal,
    windowMode: isAdaptive ? 'adaptive' : undefined,
  });
}

/** Returns a key that is equal for questions that one query can answer. */
function groupOf({ place, question, isAdaptive }: Meaning): string {
  const { metric, route, intervalSeconds, delaySeconds, filters } = question;
  return JSON.stringify([
    place,
    metricOracle(metric).logKind,
    intervalSeconds,
    delaySeconds,
    isAdaptive,
    route === undefined,
    filters.host,
    filters.method,
    filters.status,
  ]);
}

function of(series: Series, meanings: ReadonlyMap<Series, Meaning>): Meaning {
  const meaning = meanings.get(series);
  if (meaning === undefined) throw new Error('planned a series that was not asked for');
  return meaning;
}

/** Compares without a matcher, because a hundred thousand of these would be slow. */
function expectSame(actual: unknown, wanted: unknown, what: () => string): void {
  const [is, shouldBe] = [JSON.stringify(actual), JSON.stringify(wanted)];
  if (is !== shouldBe) throw new Error(`${what()} is ${is}, and should be ${shouldBe}`);
}
