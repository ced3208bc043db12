import type { ScriptedAutoscalers } from '../../test/support/scripted-autoscalers.ts';
import { comingHpa, stayingHpa, type SoakHpa } from './hpas.ts';
import type { SoakPlan } from './plan.ts';
import type { SoakRoute } from './routes.ts';

/** An HPA that is there, and when it is read the next time (ms of the monotonic clock). */
export interface LivingHpa {
  hpa: SoakHpa;
  nextReadMs: number;
  /** How often its status was written. */
  syncs: number;
}

/** The HPAs of the cluster, as they come, are changed and go. */
export class Population {
  readonly #hpas: ScriptedAutoscalers;
  readonly #routes: readonly SoakRoute[];
  readonly #plan: SoakPlan;
  readonly #living = new Map<number, LivingHpa>();
  /** All that ever came. */
  came = 0;

  constructor(hpas: ScriptedAutoscalers, routes: readonly SoakRoute[], plan: SoakPlan) {
    this.#hpas = hpas;
    this.#routes = routes;
    this.#plan = plan;
  }

  get living(): ReadonlyMap<number, LivingHpa> {
    return this.#living;
  }

  come(index: number): void {
    const stays = index < this.#plan.stayingHpas;
    const hpa = stays ? stayingHpa(this.#routes, index) : comingHpa(this.#routes, index, false);
    this.#living.set(index, { hpa, nextReadMs: performance.now(), syncs: 0 });
    this.#hpas.put(hpa.object);
    this.came += 1;
  }

  /** Its spec names another metric from now on. */
  change(index: number): void {
    const living = this.#living.get(index);
    if (living === undefined) return;
    living.hpa = comingHpa(this.#routes, index, true);
    living.nextReadMs = performance.now();
    this.#hpas.put(living.hpa.object);
  }

  /** The controller writes what it saw. */
  writeStatus(living: LivingHpa): void {
    living.syncs += 1;
    const status = { currentReplicas: 1, desiredReplicas: 1 + (living.syncs % 3), conditions: [] };
    this.#hpas.put({ ...living.hpa.object, status });
  }

  go(index: number): void {
    const living = this.#living.get(index);
    if (living === undefined) return;
    this.#living.delete(index);
    this.#hpas.delete(living.hpa.name, living.hpa.namespace);
  }

  allGo(): void {
    for (const index of [...this.#living.keys()]) this.go(index);
  }
}
