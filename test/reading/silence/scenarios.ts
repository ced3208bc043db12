import type { AdapterOptions } from './simulated-logs.ts';
import { expect } from 'vitest';
import { seeded } from '../../support/seeded.ts';

/**
 * `full`: the number of all lines that were sent, but for a fifth. `low`: fewer. `zero`, or the code of an error. A sample
 * that is served while readings fail is told by its number.
 */
export type Outcome = 'full' | 'low' | 'zero' | 'LogstoreSilent' | 'SlsUnavailable';

export interface Scenario {
  readonly title: string;
  /** Lines a second that clients cause, by route, at a second since the start. */
  readonly sent: (second: number) => Readonly<Record<string, number>>;
  /** Whether the collector reads. While it does not, lines wait for it. */
  readonly collects?: (second: number) => boolean;
  /** From when on queries see the lines of a second, which keep their stamp. Default: at once, but for the lag. */
  readonly heldUntil?: (second: number, route: string) => number;
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

const random = seeded(7);
const poisson = (mean: number) => {
  let count = 0;
  for (let product = random(); product > Math.exp(-mean); product *= random()) count += 1;
  return count;
};
const nine = () => ({ 'default-web-80': 5, 'shop-api-http': 4 });
const stopped = { sent: nine, collects: (second: number) => second < 300 } as const;
const heldFrom300: Scenario['expected'] = [
  [0, 'full'],
  [310, 'full', 'LogstoreSilent'],
  [385, 'LogstoreSilent'],
  [900, 'LogstoreSilent', 'zero'],
  [920, 'zero'],
];
const began = expect.stringMatching('^began at 31') as string;
const believed = expect.stringMatching('^believed at 9') as string;
/** Poisson numbers, so that only 0 is told from more. */
const numbers = ['full', 'low', 'zero'] as const;

export const scenarios: readonly Scenario[] = [
  {
    title: 'traffic is steady: its number, and no query more',
    sent: nine,
    expected: [[0, 'full']],
    events: [],
    mostExtraQueries: 0,
    untilSeconds: 400,
  },
  {
    title: 'traffic comes in bursts of 20 s with pauses of 20 s: numbers, once two pauses were seen',
    sent: (second) => (second % 40 < 20 ? nine() : {}),
    expected: [
      [0, ...numbers, 'LogstoreSilent'],
      [150, ...numbers],
    ],
    untilSeconds: 600,
  },
  {
    title: 'traffic fades out over five minutes: numbers, then 0',
    sent: (second) => ({ web: poisson(second < 200 ? 9 : second < 500 ? (9 * (500 - second)) / 300 : 0) }),
    expected: [
      [0, ...numbers],
      [530, 'zero'],
    ],
    events: [],
    untilSeconds: 900,
  },
  {
    title: 'traffic is always sparse, a line every 20 s: numbers, in few queries',
    sent: () => ({ web: poisson(0.05) }),
    expected: [[0, ...numbers]],
    events: [],
    mostExtraQueries: 3,
    untilSeconds: 900,
  },
  {
    title: 'traffic is always sparse and the delay is fixed: numbers, in a query a minute more',
    sent: () => ({ web: poisson(0.05) }),
    options: { fixedDelaySeconds: 10 },
    expected: [[0, ...numbers]],
    events: [],
    mostExtraQueries: 15,
    untilSeconds: 900,
  },
  {
    title: 'the collector stops: an error until 0 is believed',
    ...stopped,
    expected: heldFrom300,
    events: [began, believed],
    untilSeconds: 1100,
  },
  {
    title: 'the collector stops and the delay is fixed: the same',
    ...stopped,
    options: { fixedDelaySeconds: 10 },
    expected: heldFrom300,
    events: [began, believed],
    untilSeconds: 1100,
  },
  {
    title: 'the collector stops and one route is read: the same',
    ...stopped,
    route: 'shop-api-http',
    expected: heldFrom300,
    events: [began, believed],
    untilSeconds: 1100,
  },
  {
    title: 'the collector stops after a minute: the same',
    sent: nine,
    collects: (second) => second < 60,
    expected: [
      [0, 'full', 'LogstoreSilent'],
      [145, 'LogstoreSilent'],
      [660, 'LogstoreSilent', 'zero'],
      [680, 'zero'],
    ],
    untilSeconds: 700,
  },
  {
    title: 'the collector stops and the adapter restarts: an error again, at once',
    ...stopped,
    restartsAt: 600,
    expected: heldFrom300,
    events: [began, 'began at 601', believed],
    untilSeconds: 1000,
  },
  {
    title: 'the adapter restarts long after the collector stopped: 0, told once',
    ...stopped,
    restartsAt: 1000,
    expected: heldFrom300,
    events: [began, believed, expect.stringMatching('^believed at 100')],
    untilSeconds: 1100,
  },
  {
    title:
      'the collector restarts within 40 s: the last number or an error, then the lines that it had missed',
    sent: nine,
    collects: (second) => second < 300 || second >= 340,
    expected: [
      [0, 'full'],
      [310, 'full', 'LogstoreSilent'],
      [380, 'full'],
    ],
    events: [began, expect.stringMatching('^ended at 3')],
    untilSeconds: 500,
  },
  {
    title: 'the collector loses the lines of 100 s: an error, until a window has none of these seconds',
    sent: nine,
    collectedShare: (second) => (second < 300 || second >= 400 ? 1 : 0),
    expected: [
      [0, 'full'],
      [310, 'full', 'LogstoreSilent'],
      [385, 'LogstoreSilent'],
      [410, 'full', 'LogstoreSilent'],
      [435, 'full'],
    ],
    events: [began, expect.stringMatching('^ended at 4')],
    untilSeconds: 500,
  },
  {
    title:
      'lines are held up for 91 s, and those of one collector come back 2 s later: an error, then all of them',
    sent: nine,
    heldUntil: (second, route) =>
      second < 300 || second >= 391 ? 0 : route === 'default-web-80' ? 395 : 397,
    expected: [
      [0, 'full'],
      [310, 'full', 'LogstoreSilent'],
      [385, 'LogstoreSilent'],
      [400, 'full'],
    ],
    events: [began, expect.stringMatching('^ended at 4')],
    untilSeconds: 500,
  },
  {
    title: 'SLS restarts: its own error, and then the number',
    sent: nine,
    slsFails: (second) => second >= 300 && second < 400,
    expected: [
      [0, 'full'],
      [300, 'full', 'SlsUnavailable'],
      [400, 'full'],
    ],
    events: [],
    untilSeconds: 500,
  },
  {
    title:
      'the collector of one of three ingress pods stops: less, because that cannot be told from less traffic',
    sent: nine,
    collectedShare: (second) => (second < 300 ? 1 : 2 / 3),
    expected: [
      [0, 'full'],
      [300, 'full', 'low'],
      [330, 'low'],
    ],
    events: [],
    mostExtraQueries: 0,
    untilSeconds: 400,
  },
  {
    title: 'a load test of five minutes ends at once: an error until 0 is believed',
    sent: (second) => (second < 300 ? { web: 5 + Math.floor(second / 4) } : {}),
    expected: [
      [0, 'full', 'low'],
      [310, 'full', 'LogstoreSilent', 'low'],
      [385, 'LogstoreSilent'],
      [900, 'LogstoreSilent', 'zero'],
      [920, 'zero'],
    ],
    events: [began, believed],
    untilSeconds: 1000,
  },
  {
    title: 'a load test ends and 0 is to be believed at once: 0',
    sent: (second) => (second < 300 ? { web: 9 } : {}),
    options: { holdSeconds: 0 },
    expected: [
      [0, 'full'],
      [300, 'full', 'low'],
      [320, 'zero', 'low'],
    ],
    events: [],
    mostExtraQueries: 0,
    untilSeconds: 400,
  },
  {
    title: 'one route of a busy logstore has no requests any more: 0, in few queries',
    sent: (second) => ({ web: 20, ...(second < 300 ? { quiet: 3 } : {}) }),
    route: 'quiet',
    expected: [
      [0, 'full'],
      [300, 'full', 'low'],
      [320, 'zero', 'low'],
    ],
    events: [],
    mostExtraQueries: 2,
    untilSeconds: 900,
  },
];
