import type { Line } from '../line.ts';
import { figureOf } from '../statistics.ts';
import {
  firstChanceOf,
  reactionOf,
  stockChanceOf,
  stockReading,
  type GotReading,
  type Reaction,
} from './reaction.ts';
import { slsLatencyMs, type SteppingRun } from './stepping.ts';

const row = 'reaction';

const parts: readonly (readonly [keyof Reaction, string])[] = [
  ['windowMs', 'of it, the window'],
  ['delayMs', 'of it, the delay'],
  ['refreshMs', 'of it, until SLS is asked and answers'],
  ['syncMs', 'of it, until the HPA asks'],
];

/** From each step to the HPA's reading that has it fully, beside the stock policy at the same times on the same log. */
export function reactionLines(run: SteppingRun): Line[] {
  const { adapter, stock } = reactionsOf(run);
  const missed: Line = {
    row,
    what: 'steps that no reading has fully',
    unit: '',
    measured: { value: run.steps.length - adapter.length },
    target: { bound: 'at most', value: 0 },
  };
  const learned: Line = {
    row,
    what: 'until the delay is learned',
    unit: 's',
    measured: { value: (run.learningMs ?? Number.NaN) / 1000 },
  };
  if (adapter.length === 0 || stock.length === 0) return [learned, missed];
  const seconds = (reactions: readonly Reaction[], part: keyof Reaction) =>
    figureOf(reactions.map((reaction) => reaction[part] / 1000));
  const line = (what: string, part: keyof Reaction): Line => ({
    row,
    what,
    unit: 's',
    measured: seconds(adapter, part),
    beside: { what: 'stock', figure: seconds(stock, part) },
  });
  const total = line('from a step to the reading that has it', 'totalMs');
  const stockSeconds = seconds(stock, 'totalMs').value;
  return [
    learned,
    missed,
    { ...total, target: { bound: 'at most', value: stockSeconds } },
    ...parts.map(([part, what]) => line(what, part)),
  ];
}

function reactionsOf({ steps, queries, lines }: SteppingRun) {
  const adapter: Reaction[] = [];
  const stock: Reaction[] = [];
  for (const { step, reads } of steps) {
    const got = reads.flatMap(({ sentMs, tookMs, answer }): GotReading[] =>
      'failure' in answer ? [] : [{ ...answer, gotMs: sentMs + tookMs }],
    );
    const chance = firstChanceOf(step, queries);
    if (chance !== undefined) adapter.push(...present(reactionOf(step, got, chance)));
    const own = lines.filter(({ route }) => route === step.route);
    const stockGot = reads.map(({ sentMs }) => stockReading(own, sentMs, slsLatencyMs));
    stock.push(...present(reactionOf(step, stockGot, stockChanceOf(step, slsLatencyMs))));
  }
  return { adapter, stock };
}

const present = (reaction: Reaction | undefined) => (reaction === undefined ? [] : [reaction]);
