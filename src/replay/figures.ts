import type { Run, Score } from './run.ts';

/** The figures of one setting over all phases. */
export interface Figures extends Score {
  /** The least and the greatest over the phases. */
  readonly spread: Readonly<Record<keyof Score, readonly [number, number]>>;
  /** The changes of a phase in the middle: see `Run`. */
  readonly changes: Run['changes'];
}

const names = ['podHours', 'overloadedSeconds', 'unservedShare', 'changesPerHour'] as const;

const middle = (sorted: readonly number[]): number => {
  const [low = 0, high = low] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
};

/** Returns the medians over the runs of all phases, and how far they spread. */
export function figuresOf(runs: readonly Run[]): Figures {
  const sorted = (name: keyof Score) => runs.map((run) => run[name]).sort((a, b) => a - b);
  const entries = names.map((name) => [name, sorted(name)] as const);
  const medians = Object.fromEntries(entries.map(([name, values]) => [name, middle(values)]));
  const spread = Object.fromEntries(entries.map(([name, values]) => [name, [values[0], values.at(-1)]]));
  const byOverload = runs.toSorted((a, b) => a.overloadedSeconds - b.overloadedSeconds);
  return {
    ...(medians as Record<keyof Score, number>),
    spread: spread as unknown as Figures['spread'],
    changes: byOverload[(runs.length - 1) >> 1]?.changes ?? [],
  };
}
