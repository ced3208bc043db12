import { setTimeout as sleep } from 'node:timers/promises';
import process from 'node:process';
import { processorWaitMs } from '../support/processor-wait.ts';
import { churn } from './churn.ts';
import { Controller } from './controller.ts';
import { disturbances } from './disturbances.ts';
import { SoakEnvironment } from './environment.ts';
import type { ResourceUsage } from './messages.ts';
import { MisbehavingClients } from './misbehaving-clients.ts';
import type { SoakPlan } from './plan.ts';
import { Population } from './population.ts';
import { ReadingChecker } from './reading-checker.ts';
import { warmUp } from './warm-up.ts';

export interface SoakContext {
  readonly signal: AbortSignal;
  /** Reports a step that was completed. */
  readonly progress: (text: string) => void;
  /** Reports the current step. Replaces the last status. */
  readonly status: (text: string) => void;
}

/** The state at the end of a cycle. */
interface CycleEnd {
  /** From 1. */
  readonly number: number;
  readonly disturbance: string;
  /** Since the start of the soak, as the counts below. */
  readonly seconds: number;
  readonly added: number;
  readonly reads: number;
  readonly queries: number;
  readonly usage: ResourceUsage;
}

export interface SoakOutcome {
  /** Before the first HPA was added. */
  readonly before: ResourceUsage;
  readonly cycles: readonly CycleEnd[];
  /** After all HPAs were removed and no series was wanted any more. */
  readonly after: ResourceUsage;
  /** SLS queries after that. */
  readonly lateQueries: number;
  readonly readings: {
    readonly correct: number;
    readonly refused: number;
    /** Failures while SLS failed. */
    readonly tolerated: number;
    /** Failures while other work kept the processors busy. */
    readonly delayed: number;
    readonly misbehaving: number;
  };
  /** Everything that went wrong except growth. */
  readonly faults: readonly string[];
}

/** Within this time after a cycle, every permanent HPA must have a reading again. */
const maxRecoveryMs = 120_000;
const logTickMs = 500;
const maxDyingMs = 1000;
const maxDelaySeconds = 60;
const maxStaleSeconds = 60;

/**
 * Adds and removes HPAs in cycles, and measures the resources of the adapter at the end of each.
 *
 * @throws Error with the last lines of the adapter if it dies
 */
export async function runSoak(plan: SoakPlan, context: SoakContext): Promise<SoakOutcome> {
  await using environment = await SoakEnvironment.open(plan);
  context.progress(`the adapter runs as process ${environment.adapter.pid}`);
  const { died } = environment.adapter;
  const signal = AbortSignal.any([context.signal, died]);
  const { promise: death, reject } = Promise.withResolvers<never>();
  died.addEventListener('abort', () => reject(died.reason as Error));
  const soak = new Soak(plan, { ...context, signal }, environment).run();
  try {
    return await Promise.race([death, soak]);
  } catch (error) {
    // A read that fails because the adapter dies may be noticed first.
    await Promise.race([death, sleep(maxDyingMs)]);
    throw error;
  }
}

class Soak {
  readonly #plan: SoakPlan;
  readonly #context: SoakContext;
  readonly #environment: SoakEnvironment;
  readonly #population: Population;
  readonly #checker: ReadingChecker;
  readonly #controller: Controller;
  readonly #misbehaving: MisbehavingClients;
  readonly #startMs = performance.now();

  constructor(plan: SoakPlan, context: SoakContext, environment: SoakEnvironment) {
    this.#plan = plan;
    this.#context = context;
    this.#environment = environment;
    const { clients, clock, apiServer, log, routes } = environment;
    const population = new Population(apiServer.hpas, routes, plan);
    const checker = new ReadingChecker(log, { maxAgeSeconds: maxStaleSeconds + maxDelaySeconds + 5, clock });
    this.#population = population;
    this.#checker = checker;
    this.#controller = new Controller({
      population,
      clients,
      checker,
      periodSeconds: plan.readPeriodSeconds,
      processorWaitMs: () => processorWaitMs([process.pid, environment.adapter.pid]),
    });
    this.#misbehaving = new MisbehavingClients({
      clients,
      checker,
      population,
      series: plan.abortedSeries,
      random: Math.random,
    });
  }

  async run(): Promise<SoakOutcome> {
    const ended = new AbortController();
    const either = AbortSignal.any([this.#context.signal, ended.signal]);
    const running = [this.#controller.run(either), this.#keepLogAhead(either)];
    try {
      return await this.#runCycles();
    } finally {
      ended.abort();
      await Promise.all(running);
    }
  }

  async #runCycles(): Promise<SoakOutcome> {
    const { progress, status, signal } = this.#context;
    const { cycles: count, permanentHpas, newNames, idleSeconds } = this.#plan;
    status('warming up');
    await warmUp(this.#environment, newNames, signal);
    await this.#environment.advanceClocks();
    await this.#environment.waitForWantedSeries(0, signal);
    const before = await this.#usage();
    progress('warmed up');
    for (let index = 0; index < permanentHpas; index += 1) this.#population.add(index);
    const cycles: CycleEnd[] = [];
    for (let number = 0; number < count; number += 1) cycles.push(await this.#cycle(number));
    await this.#controller.pause();
    this.#population.removeAll();
    progress('all HPAs are removed');
    status('waiting until no series is wanted');
    await this.#environment.waitUntilUnwanted(this.#plan.expiry, signal);
    await this.#environment.waitForWantedSeries(0, signal);
    const queriesBefore = this.#queries;
    status('watching for needless queries');
    await sleep(idleSeconds * 1000, undefined, { signal });
    const lateQueries = this.#queries - queriesBefore;
    const after = await this.#usage();
    await this.#environment.adapter.stop();
    const { correct, refused, tolerated, delayed } = this.#checker;
    return {
      before,
      cycles,
      after,
      lateQueries,
      readings: { correct, refused, tolerated, delayed, misbehaving: this.#misbehaving.requests },
      faults: [...this.#checker.faults, ...this.#environment.adapter.problems],
    };
  }

  async #cycle(number: number): Promise<CycleEnd> {
    const { progress, status, signal } = this.#context;
    const { cycles, settleSeconds, permanentHpas, expiry } = this.#plan;
    const name = `cycle ${number + 1} of ${cycles}`;
    const disturbance = disturbances[number % disturbances.length]?.name ?? '';
    this.#environment.trustProxies(number % 2 === 0 ? 2 : 1);
    this.#environment.clients.reconnect();
    this.#controller.resume();
    await this.#activePhase(number, () =>
      status(
        `${name}: ${this.#population.active.size} HPAs, ${this.#controller.reads} reads, ${disturbance}`,
      ),
    );
    await this.#waitForReadings(name);
    await this.#controller.pause();
    await sleep(settleSeconds * 1000, undefined, { signal });
    if (expiry === 'advanced clocks') {
      await this.#environment.advanceClocks();
      await this.#environment.waitForWantedSeries(permanentHpas, signal);
    }
    const end: CycleEnd = {
      number: number + 1,
      disturbance,
      seconds: (performance.now() - this.#startMs) / 1000,
      added: this.#population.added,
      reads: this.#controller.reads,
      queries: this.#queries,
      usage: await this.#usage(),
    };
    const heap = `${(end.usage.heapBytes / 1e6).toFixed(1)} MB of heap`;
    progress(`${name}: ${end.added} HPAs so far, ${end.reads} reads, ${disturbance}; ${heap}`);
    return end;
  }

  /** HPAs are added and removed, SLS or a watch is disturbed, and misbehaving clients send requests. */
  async #activePhase(number: number, onTick: () => void): Promise<void> {
    const { signal } = this.#context;
    const ended = new AbortController();
    const misbehaving = this.#misbehaving.run(
      this.#plan.misbehavingPerSecond,
      AbortSignal.any([signal, ended.signal]),
    );
    try {
      await Promise.all([
        churn(this.#population, number, this.#plan, onTick, signal),
        this.#disturb(number, signal),
      ]);
    } finally {
      ended.abort();
      await misbehaving;
    }
  }

  async #disturb(number: number, signal: AbortSignal): Promise<void> {
    const { addSeconds, disturbanceSeconds, graceSeconds } = this.#plan;
    const disturbance = disturbances[number % disturbances.length];
    if (disturbance === undefined) return;
    await sleep((addSeconds / 3) * 1000, undefined, { signal });
    const tolerance = disturbance.mayFailReads ? this.#checker.tolerateFailures() : undefined;
    await disturbance.begin(this.#environment);
    await sleep(disturbanceSeconds * 1000, undefined, { signal });
    await disturbance.end(this.#environment);
    tolerance?.endIn(graceSeconds * 1000);
  }

  /** Waits until every HPA that still exists has a reading, so that each cycle ends in the same state. */
  async #waitForReadings(name: string): Promise<void> {
    const { signal, status } = this.#context;
    const startMs = performance.now();
    for (;;) {
      const failures = await this.#controller.readAll();
      const [first] = failures;
      if (first === undefined) return;
      signal.throwIfAborted();
      const text = `${name}: ${failures.length} reads have no reading yet, such as ${first}`;
      status(text);
      if (performance.now() - startMs < maxRecoveryMs) continue;
      this.#checker.fault(text);
      return;
    }
  }

  async #keepLogAhead(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#environment.keepLogAhead();
      await sleep(logTickMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #usage(): Promise<ResourceUsage> {
    return this.#environment.adapter.usage(this.#context.signal);
  }

  get #queries(): number {
    return this.#environment.emulator.stats().queries;
  }
}
