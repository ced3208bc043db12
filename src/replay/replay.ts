import type { AutoscalerSpec } from '../scaling/autoscaler-spec.ts';
import type { ControllerSettings, Decision } from '../scaling/controller.ts';
import { reasonOf } from '../scaling/reason.ts';
import { runFixed, runForesight } from './baselines.ts';
import { figuresOf, type Figures } from './figures.ts';
import { readPhase, type PhaseReadings, type ReadingRules } from './readings.ts';
import { runHpa, sumOf, type Load } from './run.ts';
import type { Traffic } from './traffic.ts';

/**
 * The controller syncs at a phase that nobody chooses, so each setting runs once in each of so many. One run alone is one
 * draw: near a target, the phases differ.
 */
export const phases = 8;

/** Everything that the runs of one traffic share. */
export interface ReplayInput {
  readonly readings: readonly PhaseReadings[];
  /** How many ready pods each second needed, as a fraction. */
  readonly needed: Float64Array;
  readonly controller: ControllerSettings;
}

/** @param periodSeconds `--horizontal-pod-autoscaler-sync-period` */
export function readAllPhases(
  traffic: Traffic,
  rules: ReadingRules,
  periodSeconds: number,
): readonly PhaseReadings[] {
  return Array.from({ length: phases }, (_, phase) =>
    readPhase(traffic, rules, { periodSeconds, phaseSeconds: (phase * periodSeconds) / phases }),
  );
}

/** Returns the figures of one setting. */
export function replaySetting(
  spec: AutoscalerSpec,
  { readings, needed, controller }: ReplayInput,
  startupSeconds: number,
  totalNeeded = sumOf(needed),
): Figures {
  const load: Load = { needed, startupSeconds };
  return figuresOf(readings.map((phase) => runHpa(spec, controller, phase, load, totalNeeded)));
}

/** Returns why the replicas were as many as they were, in the controller's words, as shares of all syncs; the largest first. */
export function reasonShares(
  spec: AutoscalerSpec,
  { readings, needed, controller }: ReplayInput,
  startupSeconds: number,
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  const count = (decision: Decision) => {
    const reason = reasonOf(spec, decision);
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  };
  for (const phase of readings) runHpa(spec, controller, phase, { needed, startupSeconds }, undefined, count);
  const syncs = readings.reduce((sum, phase) => sum + phase.syncs.length, 0);
  const shares = Array.from(counts, ([reason, times]) => [reason, times / syncs] as const);
  return shares.sort(([, one], [, other]) => other - one);
}

/** Returns what fixed replicas and perfect foresight would have cost. */
export function replayBaselines(
  spec: AutoscalerSpec,
  { readings, needed }: ReplayInput,
  startupSeconds: number,
) {
  const load: Load = { needed, startupSeconds };
  const totalNeeded = sumOf(needed);
  return {
    fixedAtP99: figuresOf([runFixed(load, totalNeeded)]),
    perfectForesight: figuresOf(readings.map((phase) => runForesight(spec, phase, load, totalNeeded))),
  };
}
