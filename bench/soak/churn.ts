import { setTimeout as sleep } from 'node:timers/promises';
import type { SoakPlan } from './plan.ts';
import type { Population } from './population.ts';

interface Change {
  readonly atSeconds: number;
  readonly make: () => void;
}

const tickMs = 20;

/** The spec of every fourth HPA is changed. */
const specChangeEvery = 4;

/**
 * Adds the HPAs of one cycle one after another, changes some of them and removes all.
 *
 * @param onTick called at least every 20 ms
 */
export async function churn(
  population: Population,
  cycle: number,
  plan: SoakPlan,
  onTick: () => void,
  signal: AbortSignal,
): Promise<void> {
  const startMs = performance.now();
  for (const { atSeconds, make } of changesOf(population, cycle, plan)) {
    for (let leftMs = 1; leftMs > 0;) {
      leftMs = startMs + atSeconds * 1000 - performance.now();
      if (leftMs > 0) await sleep(Math.min(leftMs, tickMs), undefined, { signal });
      onTick();
    }
    make();
  }
}

function changesOf(population: Population, cycle: number, plan: SoakPlan): Change[] {
  const { permanentHpas, temporaryHpas, newNames, addSeconds, holdSeconds, removeSeconds } = plan;
  const first = permanentHpas + (newNames ? cycle * temporaryHpas : 0);
  const changes = Array.from({ length: temporaryHpas }, (_, number): Change[] => {
    const index = first + number;
    const share = number / temporaryHpas;
    const change = { atSeconds: addSeconds + holdSeconds * share, make: () => population.change(index) };
    return [
      { atSeconds: addSeconds * share, make: () => population.add(index) },
      ...(index % specChangeEvery === 1 ? [change] : []),
      { atSeconds: addSeconds + holdSeconds + removeSeconds * share, make: () => population.remove(index) },
    ];
  });
  return changes.flat().sort((one, other) => one.atSeconds - other.atSeconds);
}
