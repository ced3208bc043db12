import type { ScriptedAutoscalers } from '../../test/support/scripted-autoscalers.ts';
import { temporaryHpa, permanentHpa, type SoakHpa } from './hpas.ts';
import type { SoakPlan } from './plan.ts';
import type { SoakRoute } from './routes.ts';

/** An HPA that exists. */
export interface ActiveHpa {
  hpa: SoakHpa;
  /** When it is read next, in ms of the monotonic clock. */
  nextReadMs: number;
  /** How often its status was written. */
  syncs: number;
}

/** The HPAs of the cluster. Adds, changes and removes them. */
export class Population {
  readonly #hpas: ScriptedAutoscalers;
  readonly #routes: readonly SoakRoute[];
  readonly #plan: SoakPlan;
  readonly #active = new Map<number, ActiveHpa>();
  /** The number of HPAs added so far. */
  added = 0;

  constructor(hpas: ScriptedAutoscalers, routes: readonly SoakRoute[], plan: SoakPlan) {
    this.#hpas = hpas;
    this.#routes = routes;
    this.#plan = plan;
  }

  get active(): ReadonlyMap<number, ActiveHpa> {
    return this.#active;
  }

  add(index: number): void {
    const isPermanent = index < this.#plan.permanentHpas;
    const hpa = isPermanent ? permanentHpa(this.#routes, index) : temporaryHpa(this.#routes, index, false);
    this.#active.set(index, { hpa, nextReadMs: performance.now(), syncs: 0 });
    this.#hpas.put(hpa.object);
    this.added += 1;
  }

  /** Changes the spec of an HPA to another metric. */
  change(index: number): void {
    const entry = this.#active.get(index);
    if (entry === undefined) return;
    entry.hpa = temporaryHpa(this.#routes, index, true);
    entry.nextReadMs = performance.now();
    this.#hpas.put(entry.hpa.object);
  }

  /** Writes the status of an HPA, as the HPA controller does. */
  writeStatus(entry: ActiveHpa): void {
    entry.syncs += 1;
    const status = { currentReplicas: 1, desiredReplicas: 1 + (entry.syncs % 3), conditions: [] };
    this.#hpas.put({ ...entry.hpa.object, status });
  }

  remove(index: number): void {
    const entry = this.#active.get(index);
    if (entry === undefined) return;
    this.#active.delete(index);
    this.#hpas.delete(entry.hpa.name, entry.hpa.namespace);
  }

  removeAll(): void {
    for (const index of [...this.#active.keys()]) this.remove(index);
  }
}
