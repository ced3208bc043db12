import { describe, expect, it } from 'vitest';
import { AdapterError, toAdapterError } from '../../../src/errors.ts';
import { seriesWith } from '../series.ts';
import { SimulatedLogs, startAdapter, type AdapterOptions } from './simulated-logs.ts';

/**
 * `full`: the number of all lines that were sent, but for a fifth. `low`: fewer. `zero`, or the code of an error. A sample
 * that is served while readings fail is told by its number.
 */
type Outcome = 'full' | 'low' | 'zero' | 'LogstoreSilent' | 'SlsUnavailable';

interface Scenario {
  readonly title: string;
  /** Lines a second that clients cause, by route, at a second since the start. */
  readonly sent: (second: number) => Readonly<Record<string, number>>;
  /** Whether the collector reads. While it does not, lines wait for it. */
  readonly collects?: (second: number) => boolean;
  /** Of the lines, those that reach SLS. */
  readonly collectedShare?: (second: number) => number;
  readonly slsFails?: (second: number) => boolean;
  /** When the adapter is started again. */
  readonly restartsAt?: number;
  readonly options?: AdapterOptions;
  /** The route that is read; undefined: the whole logstore. */
  readonly route?: string;
  /** What may be read from a second on. */
  readonly expected: readonly (readonly [from: number, ...outcomes: Outcome[]])[];
  readonly events?: readonly unknown[];
  /** How many queries more than those for readings, without the probes of the delay. */
  readonly mostExtraQueries?: number;
  readonly untilSeconds: number;
}

const betweenReads = 5;

async function play(scenario: Scenario) {
  const { sent, collects = () => true, collectedShare = () => 1, slsFails = () => false } = scenario;
  const logs = new SimulatedLogs();
  let adapter = startAdapter(logs, scenario.options);
  const series = seriesWith({ route: scenario.route });
  const isFixed = scenario.options?.fixedDelaySeconds !== undefined;
  const readings: { readonly at: number; readonly outcome: Outcome; readonly value: number }[] = [];
  const ended: string[] = [];
  const waiting = new Map<string, number>();
  let probes = 0;
  let reads = 0;
  for (let second = 0; second < scenario.untilSeconds; second++) {
    const stamp = logs.startSeconds + second;
    for (const [route, lines] of Object.entries(sent(second)))
      waiting.set(route, (waiting.get(route) ?? 0) + Math.round(lines * collectedShare(second)));
    if (collects(second)) {
      for (const [route, lines] of waiting) logs.log(stamp, route, lines);
      waiting.clear();
    }
    logs.clock.advance(1000);
    logs.failure = slsFails(second) ? new AdapterError('SlsUnavailable', 'down') : undefined;
    if (second === scenario.restartsAt) {
      ended.push(...adapter.events);
      adapter = startAdapter(logs, scenario.options);
    }
    if (second < 40 || second % betweenReads > 0) continue;
    const before = logs.counts;
    // Between probes the learner would wait by the real clock.
    if (!isFixed && second % 20 === 0) await adapter.learn([series]);
    probes += logs.counts - before;
    reads += 1;
    const { value, code } = await adapter.read(series).then(
      (reading) => ({ value: reading.value, code: undefined }),
      (thrown: unknown) => ({ value: Number.NaN, code: toAdapterError(thrown).code as Outcome }),
    );
    const wanted = averageOf(scenario, second);
    const number = value === 0 ? 'zero' : value >= wanted * 0.8 ? 'full' : 'low';
    readings.push({ at: second, outcome: code ?? number, value });
  }
  return { readings, events: [...ended, ...adapter.events], extraQueries: logs.counts - probes, reads };
}

/** Returns the lines a second that were sent in the window of a reading, at most as late as its delay. */
function averageOf({ sent, route }: Scenario, second: number): number {
  let sum = 0;
  for (let one = second - 24; one < second - 9; one++)
    for (const [name, lines] of Object.entries(sent(one)))
      if (route === undefined || route === name) sum += lines;
  return sum / 15;
}

const nine = () => ({ 'default-web-80': 5, 'shop-api-http': 4 });
const scenarios: readonly Scenario[] = [
  {
    title: 'steady traffic reads its number, without a query more',
    sent: nine,
    expected: [[0, 'full']],
    mostExtraQueries: 0,
    untilSeconds: 400,
  },
  {
    title: 'a collector that stops reads as an error until 0 is believed',
    sent: nine,
    collects: (second) => second < 300,
    expected: [
      [0, 'full'],
      [315, 'full', 'LogstoreSilent'],
      [385, 'LogstoreSilent'],
      [900, 'LogstoreSilent', 'zero'],
      [925, 'zero'],
    ],
    events: [expect.stringMatching('^began at 31'), expect.stringMatching('^believed at 9')],
    untilSeconds: 1100,
  },
];

describe('what is read when', () => {
  it.each(scenarios)('$title', async (scenario) => {
    const { readings, events, extraQueries } = await play(scenario);
    const wrong = readings.filter(({ at, outcome }) => {
      const phase = scenario.expected.findLast(([from]) => at >= from);
      const [, ...outcomes] = phase ?? [0];
      return !outcomes.includes(outcome);
    });
    expect(wrong).toEqual([]);
    if (scenario.events !== undefined) expect(events).toEqual(scenario.events);
    expect(extraQueries).toBeLessThanOrEqual(scenario.mostExtraQueries ?? Infinity);
  });
});
