import { mean } from '../adaptive/simulation.ts';
import type { Line } from '../line.ts';
import {
  enoughFromSeconds,
  reactionOf,
  stockReading,
  type ReceivedReading,
  type Reaction,
} from '../reaction/reaction.ts';
import { simulateSteps } from '../reaction/simulated-steps.ts';
import { runSteps, slsLatencyMs, type SteppingRun } from '../reaction/stepping.ts';
import type { Row } from '../row.ts';
import { figureOf } from '../statistics.ts';
import type { SyncRead } from '../support/sync-reads.ts';

const row = 'reaction';

/**
 * How the reads of the HPAs are spread, and how much sooner than with the stock policy they must ask for enough replicas:
 * by seconds with a fixed window, and by a share of the time with an adaptive one.
 */
const spreads = [
  { name: 'in 4 moments', phases: 4, soonerSeconds: 4, adaptiveShare: 0.6 },
  { name: 'evenly spread', phases: 25, soonerSeconds: 3, adaptiveShare: 0.65 },
] as const;
type Spread = (typeof spreads)[number];

const parts: readonly (readonly [keyof Reaction, string])[] = [
  ['windowMs', 'of that: until a window asks for enough'],
  ['syncMs', 'of that: until such a window is read'],
  ['delayMs', 'of that: delay'],
  ['ageMs', 'of that: age at the read, from the query'],
];

/** Requests per second before a step, and the factor. */
const simulated = [
  [10, 2],
  [10, 5],
  [50, 2],
  [50, 5],
] as const;
const simulatedSteps = 500;

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
    return [...runs.flat(), ...spreads.flatMap(simulatedLines)];
  },
};

function linesOf(run: SteppingRun, spread: Spread): Line[] {
  const { name } = spread;
  const learning: Line = {
    row,
    what: `${name}: time to learn the delay`,
    unit: 's',
    measured: { value: (run.learningMs ?? Number.NaN) / 1000 },
  };
  return [learning, ...(['fixed', 'adaptive'] as const).flatMap((mode) => modeLines(run, spread, mode))];
}

function modeLines(run: SteppingRun, spread: Spread, mode: 'fixed' | 'adaptive'): Line[] {
  const { adapter, stock } = reactionsOf(run, mode);
  const name = `${spread.name}, ${mode}`;
  const full = (reactions: readonly Reaction[]) => reactions.flatMap(({ fullMs }) => fullMs ?? []);
  const missed: Line = {
    row,
    what: `${name}: steps that no reading fully reflects`,
    unit: '',
    measured: { value: run.steps.length - full(adapter).length },
    target: { bound: 'at most', value: 0 },
  };
  if (full(adapter).length === 0 || full(stock).length === 0) return [missed];
  const line = (what: string, of: (reactions: readonly Reaction[]) => readonly number[]): Line => {
    const seconds = (reactions: readonly Reaction[]) => figureOf(of(reactions).map((ms) => ms / 1000));
    const baseline = { what: 'stock', figure: seconds(stock) };
    return { row, what: `${name}: ${what}`, unit: 's', measured: seconds(adapter), baseline };
  };
  const part = (key: keyof Reaction) => (reactions: readonly Reaction[]) =>
    reactions.map((one) => one[key] ?? Number.NaN);
  const enough = line('from a step to the reading that asks for enough replicas', part('enoughMs'));
  const meanSeconds = (reactions: readonly Reaction[]) => mean(part('enoughMs')(reactions)) / 1000;
  const [seconds, stockSeconds] = [meanSeconds(adapter), meanSeconds(stock)];
  return [
    missed,
    {
      ...enough,
      compared: { as: 'more', figure: { value: seconds - stockSeconds } },
      target: {
        bound: 'at most',
        value: mode === 'fixed' ? -spread.soonerSeconds : (spread.adaptiveShare - 1) * stockSeconds,
      },
    },
    ...parts.map(([key, what]) => line(what, part(key))),
    line('from a step to the reading that reflects it', full),
  ];
}

function reactionsOf({ steps, queries, lines }: SteppingRun, mode: 'fixed' | 'adaptive') {
  const arrivals = new Map(queries.map(({ windowEndSeconds, arrivedMs }) => [windowEndSeconds, arrivedMs]));
  const received = ({ sentMs, tookMs, result }: SyncRead): ReceivedReading[] =>
    'failure' in result
      ? []
      : [
          {
            ...result,
            queriedMs: arrivals.get(result.windowEndSeconds) ?? Number.NaN,
            receivedMs: sentMs + tookMs,
          },
        ];
  const adapter: Reaction[] = [];
  const stock: Reaction[] = [];
  for (const { step, [mode]: reads } of steps) {
    const own = lines.filter(({ route }) => route === step.route);
    const add = (to: Reaction[], readings: readonly ReceivedReading[], of: 'fixed' | 'adaptive') => {
      const found = reactionOf(step, readings, enoughFromSeconds(step, own, of));
      if (found !== undefined) to.push(found);
    };
    add(adapter, reads.flatMap(received), mode);
    add(
      stock,
      reads.map(({ sentMs }) => stockReading(own, sentMs, slsLatencyMs)),
      'fixed',
    );
  }
  return { adapter, stock };
}

/** Steps that would take too many lines for a measurement, or too much time. */
function simulatedLines({ name, phases, adaptiveShare, soonerSeconds }: Spread): Line[] {
  return simulated.flatMap(([rate, factor]) => {
    const of = { rate, factor, hpas: 25, phases, steps: simulatedSteps };
    const stockSeconds = mean(simulateSteps(of, 'stock'));
    return (['fixed', 'adaptive'] as const).map((mode): Line => {
      const value = mean(simulateSteps(of, mode));
      const most = mode === 'fixed' ? stockSeconds - soonerSeconds : stockSeconds * adaptiveShare;
      return {
        row,
        what: `${name}, ${mode}, simulated: ${rate}/s × ${factor} until enough replicas are asked for`,
        unit: 's',
        measured: { value },
        baseline: { what: 'stock', figure: { value: stockSeconds } },
        compared: { as: 'times', figure: { value: value / stockSeconds } },
        target: { bound: 'at most', value: most / stockSeconds },
      };
    });
  });
}
