import { setTimeout as sleep } from 'node:timers/promises';
import type { SoakPlan } from './plan.ts';
import type { Population } from './population.ts';

interface Turn {
  readonly atSeconds: number;
  readonly take: () => void;
}

const tickMs = 20;

/** One HPA in so many has its spec changed. */
const changed = 4;

/**
 * The HPAs of one cycle come one after the other, are changed and go.
 *
 * @param onTick called from time to time
 */
export async function churn(
  population: Population,
  cycle: number,
  plan: SoakPlan,
  onTick: () => void,
  signal: AbortSignal,
): Promise<void> {
  const startMs = performance.now();
  for (const { atSeconds, take } of turnsOf(population, cycle, plan)) {
    for (let leftMs = 1; leftMs > 0;) {
      leftMs = startMs + atSeconds * 1000 - performance.now();
      if (leftMs > 0) await sleep(Math.min(leftMs, tickMs), undefined, { signal });
      onTick();
    }
    take();
  }
}

function turnsOf(population: Population, cycle: number, plan: SoakPlan): Turn[] {
  const { stayingHpas, comingHpas, newNames, riseSeconds, staySeconds, fallSeconds } = plan;
  const first = stayingHpas + (newNames ? cycle * comingHpas : 0);
  const turns = Array.from({ length: comingHpas }, (_, place): Turn[] => {
    const index = first + place;
    const share = place / comingHpas;
    const change = { atSeconds: riseSeconds + staySeconds * share, take: () => population.change(index) };
    return [
      { atSeconds: riseSeconds * share, take: () => population.come(index) },
      ...(index % changed === 1 ? [change] : []),
      { atSeconds: riseSeconds + staySeconds + fallSeconds * share, take: () => population.go(index) },
    ];
  });
  return turns.flat().sort((one, other) => one.atSeconds - other.atSeconds);
}
