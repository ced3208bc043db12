import type { Line } from '../line.ts';
import {
  firstChanceOf,
  reactionOf,
  stockChanceOf,
  stockReading,
  type ReceivedReading,
  type Reaction,
} from '../reaction/reaction.ts';
import { runSteps, slsLatencyMs, type SteppingRun } from '../reaction/stepping.ts';
import type { Row } from '../row.ts';
import { figureOf } from '../statistics.ts';

const row = 'reaction';

const parts: readonly (readonly [keyof Reaction, string])[] = [
  ['windowMs', 'of that: window'],
  ['delayMs', 'of that: delay'],
  ['refreshMs', 'of that: until SLS is queried and answers'],
  ['syncMs', 'of that: until the HPA reads'],
];

/**
 * The time from a step in traffic to the first HPA reading that fully reflects it. The baseline is the stock adapter's
 * policy, at the same times and on the same log.
 */
export const reaction: Row = {
  name: row,
  inBackground: true,
  async measure(context) {
    return linesOf(await runSteps(context));
  },
};

function linesOf(run: SteppingRun): Line[] {
  const { adapter, stock } = reactionsOf(run);
  const missed: Line = {
    row,
    what: 'steps that no reading fully reflects',
    unit: '',
    measured: { value: run.steps.length - adapter.length },
    target: { bound: 'at most', value: 0 },
  };
  const learning: Line = {
    row,
    what: 'time to learn the delay',
    unit: 's',
    measured: { value: (run.learningMs ?? Number.NaN) / 1000 },
  };
  if (adapter.length === 0 || stock.length === 0) return [learning, missed];
  const seconds = (reactions: readonly Reaction[], part: keyof Reaction) =>
    figureOf(reactions.map((one) => one[part] / 1000));
  const line = (what: string, part: keyof Reaction): Line => ({
    row,
    what,
    unit: 's',
    measured: seconds(adapter, part),
    baseline: { what: 'stock', figure: seconds(stock, part) },
  });
  const total = line('from a step to the reading that reflects it', 'totalMs');
  const stockSeconds = seconds(stock, 'totalMs').value;
  return [
    learning,
    missed,
    { ...total, target: { bound: 'at most', value: stockSeconds } },
    ...parts.map(([part, what]) => line(what, part)),
  ];
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
