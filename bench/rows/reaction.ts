import type { Line } from '../line.ts';
import {
  firstChanceOf,
  reactionOf,
  stockChanceOf,
  steppingRoutes,
  stockReading,
  type ReceivedReading,
  type Reaction,
} from '../reaction/reaction.ts';
import { runSteps, slsLatencyMs, type SteppingRun } from '../reaction/stepping.ts';
import type { Row } from '../row.ts';
import { figureOf } from '../statistics.ts';

const row = 'reaction';

/** How the reads of the HPAs are spread, and how much sooner than with the stock policy they must ask for enough replicas. */
const spreads = [
  { name: 'in 4 moments', phases: 4, soonerSeconds: 4 },
  { name: 'evenly spread', phases: steppingRoutes, soonerSeconds: 3 },
] as const;

const parts: readonly (readonly [keyof Reaction, string])[] = [
  ['windowMs', 'of that: window'],
  ['delayMs', 'of that: delay'],
  ['refreshMs', 'of that: until SLS is queried and answers'],
  ['syncMs', 'of that: until the HPA reads'],
];

/**
 * The time from a step in traffic to the HPA's first reading that asks for enough replicas, and to the first that fully
 * reflects the step. The baseline is the stock adapter's policy, at the same times and on the same log.
 */
export const reaction: Row = {
  name: row,
  inBackground: true,
  async measure(context) {
    const runs = await Promise.all(
      spreads.map(async (spread) => linesOf(await runSteps(context, spread.phases), spread)),
    );
    return runs.flat();
  },
};

function linesOf(run: SteppingRun, { name, soonerSeconds }: (typeof spreads)[number]): Line[] {
  const { adapter, stock } = reactionsOf(run);
  const missed: Line = {
    row,
    what: `${name}: steps that no reading fully reflects`,
    unit: '',
    measured: { value: run.steps.length - adapter.length },
    target: { bound: 'at most', value: 0 },
  };
  const learning: Line = {
    row,
    what: `${name}: time to learn the delay`,
    unit: 's',
    measured: { value: (run.learningMs ?? Number.NaN) / 1000 },
  };
  if (adapter.length === 0 || stock.length === 0) return [learning, missed];
  const seconds = (reactions: readonly Reaction[], part: keyof Reaction) =>
    figureOf(reactions.map((one) => one[part] / 1000));
  const line = (what: string, part: keyof Reaction): Line => ({
    row,
    what: `${name}: ${what}`,
    unit: 's',
    measured: seconds(adapter, part),
    baseline: { what: 'stock', figure: seconds(stock, part) },
  });
  const stockSeconds = seconds(stock, 'enoughMs').value;
  return [
    learning,
    missed,
    {
      ...line('from a step to the reading that asks for enough replicas', 'enoughMs'),
      target: { bound: 'at most', value: stockSeconds - soonerSeconds },
    },
    line('from a step to the reading that reflects it', 'totalMs'),
    ...parts.map(([part, what]) => line(what, part)),
    {
      row,
      what: `${name}: age of a reading at its read, from its query`,
      unit: 's',
      measured: figureOf(agesSeconds(run)),
    },
  ];
}

/** Returns the time from the query of each reading to its read. */
function agesSeconds({ steps, queries }: SteppingRun): number[] {
  const arrivals = new Map(queries.map(({ windowEndSeconds, arrivedMs }) => [windowEndSeconds, arrivedMs]));
  return steps
    .flatMap(({ reads }) => reads)
    .flatMap(({ sentMs, result }) => {
      const arrivedMs = 'failure' in result ? undefined : arrivals.get(result.windowEndSeconds);
      return arrivedMs === undefined ? [] : [(sentMs - arrivedMs) / 1000];
    });
}

function reactionsOf({ steps, queries, lines }: SteppingRun) {
  const adapter: Reaction[] = [];
  const stock: Reaction[] = [];
  for (const { step, reads } of steps) {
    const received = reads.flatMap(({ sentMs, tookMs, result }): ReceivedReading[] =>
      'failure' in result ? [] : [{ ...result, receivedMs: sentMs + tookMs }],
    );
    const chance = firstChanceOf(step, queries);
    if (chance !== undefined) adapter.push(...presentOnly(reactionOf(step, received, chance)));
    const own = lines.filter(({ route }) => route === step.route);
    const stockReceived = reads.map(({ sentMs }) => stockReading(own, sentMs, slsLatencyMs));
    stock.push(...presentOnly(reactionOf(step, stockReceived, stockChanceOf(step, slsLatencyMs))));
  }
  return { adapter, stock };
}

const presentOnly = (one: Reaction | undefined) => (one === undefined ? [] : [one]);
