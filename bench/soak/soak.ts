import { setTimeout as sleep } from 'node:timers/promises';
import { churn } from './churn.ts';
import { Controller } from './controller.ts';
import { disturbances } from './disturbances.ts';
import type { Vitals } from './messages.ts';
import { OddClients } from './odd-clients.ts';
import type { SoakPlan } from './plan.ts';
import { Population } from './population.ts';
import { ReadingJudge } from './reading-judge.ts';
import { Stage } from './stage.ts';
import { leastVitals } from './vitals-taken.ts';
import { warmUp } from './warm-up.ts';

export interface SoakContext {
  readonly signal: AbortSignal;
  /** Something worth a line. */
  readonly progress: (text: string) => void;
  /** What goes on at the moment: the last one counts. */
  readonly now: (text: string) => void;
}

/** The end of one cycle. */
export interface CycleEnd {
  /** From 1. */
  readonly number: number;
  readonly disturbance: string;
  /** Since the start, as are the counts. */
  readonly seconds: number;
  readonly came: number;
  readonly reads: number;
  readonly queries: number;
  /** HPAs that are there. */
  readonly living: number;
  readonly vitals: Vitals;
}

export interface SoakOutcome {
  /** Before the first HPA came. */
  readonly before: Vitals;
  readonly cycles: readonly CycleEnd[];
  /** With all HPAs gone and forgotten. */
  readonly after: Vitals;
  /** Queries that SLS got after that. */
  readonly lateQueries: number;
  readonly readings: {
    readonly right: number;
    readonly refused: number;
    /** Failed while SLS was in trouble. */
    readonly excused: number;
    readonly odd: number;
  };
  /** Whatever went wrong, apart from growth. */
  readonly faults: readonly string[];
}

/** How long after a cycle each HPA that stays must have a reading again. */
const mostRecoveryMs = 30_000;
const logTickMs = 500;
const mostDelaySeconds = 60;
const maxStaleSeconds = 60;

/** Lets HPAs come and go in cycles, and tells what the adapter holds at the end of each. */
export async function runSoak(plan: SoakPlan, context: SoakContext): Promise<SoakOutcome> {
  await using stage = await Stage.open(plan);
  context.progress(`the adapter runs as process ${stage.adapter.pid}`);
  return await new Soak(plan, context, stage).run();
}

class Soak {
  readonly #plan: SoakPlan;
  readonly #context: SoakContext;
  readonly #stage: Stage;
  readonly #population: Population;
  readonly #judge: ReadingJudge;
  readonly #controller: Controller;
  readonly #odd: OddClients;
  readonly #startMs = performance.now();

  constructor(plan: SoakPlan, context: SoakContext, stage: Stage) {
    this.#plan = plan;
    this.#context = context;
    this.#stage = stage;
    const { clients, clock, apiServer, log, routes } = stage;
    const population = new Population(apiServer.hpas, routes, plan);
    const judge = new ReadingJudge(log, { mostAgeSeconds: maxStaleSeconds + mostDelaySeconds + 5, clock });
    this.#population = population;
    this.#judge = judge;
    this.#controller = new Controller({ population, clients, judge, periodSeconds: plan.readPeriodSeconds });
    this.#odd = new OddClients({ clients, judge, population, series: plan.oddSeries, random: Math.random });
  }

  async run(): Promise<SoakOutcome> {
    const ended = new AbortController();
    const either = AbortSignal.any([this.#context.signal, ended.signal]);
    const running = [this.#controller.run(either), this.#keepLogAhead(either)];
    try {
      return await this.#all();
    } finally {
      ended.abort();
      await Promise.all(running);
    }
  }

  async #all(): Promise<SoakOutcome> {
    const { progress, now, signal } = this.#context;
    const { cycles: count, stayingHpas, newNames, quietSeconds } = this.#plan;
    now('filling what is bounded');
    await warmUp(this.#stage, newNames, signal);
    await this.#stage.setClocksForward();
    await this.#stage.forgotten(0, signal);
    const before = await this.#vitals();
    progress('warmed up');
    for (let index = 0; index < stayingHpas; index += 1) this.#population.come(index);
    const cycles: CycleEnd[] = [];
    for (let number = 0; number < count; number += 1) cycles.push(await this.#cycle(number));
    await this.#controller.pause();
    this.#population.allGo();
    progress('all HPAs are gone');
    now('waiting until all is forgotten');
    await this.#stage.passForgetting(this.#plan.forgetting, signal);
    await this.#stage.forgotten(0, signal);
    const before0 = this.#queries;
    now('waiting for queries that nobody needs');
    await sleep(quietSeconds * 1000, undefined, { signal });
    const lateQueries = this.#queries - before0;
    const after = await this.#vitals();
    await this.#stage.adapter.stop();
    const { right, refused, excused } = this.#judge;
    return {
      before,
      cycles,
      after,
      lateQueries,
      readings: { right, refused, excused, odd: this.#odd.requests },
      faults: [...this.#judge.faults, ...this.#stage.adapter.complaints],
    };
  }

  async #cycle(number: number): Promise<CycleEnd> {
    const { progress, now, signal } = this.#context;
    const { cycles, settleSeconds, stayingHpas, forgetting } = this.#plan;
    const name = `cycle ${number + 1} of ${cycles}`;
    const disturbance = disturbances[number % disturbances.length]?.name ?? '';
    this.#stage.trustProxies(number % 2 === 0 ? 2 : 1);
    this.#stage.clients.reconnect();
    this.#controller.resume();
    await this.#active(number, () =>
      now(`${name}: ${this.#population.living.size} HPAs, ${this.#controller.reads} reads, ${disturbance}`),
    );
    await this.#recovered(name);
    await this.#controller.pause();
    await sleep(settleSeconds * 1000, undefined, { signal });
    if (forgetting === 'clocks set forward') {
      await this.#stage.setClocksForward();
      await this.#stage.forgotten(stayingHpas, signal);
    }
    const end: CycleEnd = {
      number: number + 1,
      disturbance,
      seconds: (performance.now() - this.#startMs) / 1000,
      came: this.#population.came,
      reads: this.#controller.reads,
      queries: this.#queries,
      living: this.#population.living.size,
      vitals: await this.#vitals(),
    };
    const heap = `${(end.vitals.heapBytes / 1e6).toFixed(1)} MB of heap`;
    progress(`${name}: ${end.came} HPAs so far, ${end.reads} reads, ${disturbance}; ${heap}`);
    return end;
  }

  /** HPAs come and go, SLS or a watch is disturbed, and odd clients ask. */
  async #active(number: number, onTick: () => void): Promise<void> {
    const { signal } = this.#context;
    const ended = new AbortController();
    const odd = this.#odd.run(this.#plan.oddPerSecond, AbortSignal.any([signal, ended.signal]));
    try {
      await Promise.all([
        churn(this.#population, number, this.#plan, onTick, signal),
        this.#disturb(number, signal),
      ]);
    } finally {
      ended.abort();
      await odd;
    }
  }

  async #disturb(number: number, signal: AbortSignal): Promise<void> {
    const { riseSeconds, troubleSeconds, graceSeconds } = this.#plan;
    const disturbance = disturbances[number % disturbances.length];
    if (disturbance === undefined) return;
    await sleep((riseSeconds / 3) * 1000, undefined, { signal });
    const excuse = disturbance.isTrouble ? this.#judge.excuse() : undefined;
    await disturbance.begin(this.#stage);
    await sleep(troubleSeconds * 1000, undefined, { signal });
    await disturbance.end(this.#stage);
    excuse?.endIn(graceSeconds * 1000);
  }

  /** Each HPA that stays has a reading, so that each cycle ends in the same state. */
  async #recovered(name: string): Promise<void> {
    const startMs = performance.now();
    while (!(await this.#controller.readAll())) {
      this.#context.signal.throwIfAborted();
      if (performance.now() - startMs < mostRecoveryMs) continue;
      this.#judge.fault(`${name}: not all HPAs have readings again`);
      return;
    }
  }

  async #keepLogAhead(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#stage.keepLogAhead();
      await sleep(logTickMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #vitals(): Promise<Vitals> {
    return leastVitals(() => this.#stage.adapter.vitals(), this.#context.signal);
  }

  get #queries(): number {
    return this.#stage.emulator.stats().queries;
  }
}
