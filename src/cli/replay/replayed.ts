import type { Baselines, ReplayInput } from '../../replay/replay.ts';
import type { Figures } from '../../replay/figures.ts';
import type { SweptSetting } from '../../replay/front.ts';
import type { AutoscalerSpec } from '../../scaling/autoscaler-spec.ts';
import type { ReplayedHpa } from '../../replay/replayed-hpa.ts';
import type { Traffic } from '../../replay/traffic.ts';
import type { ControllerSettings } from '../../scaling/controller.ts';

/** The result of a replay, for the table, the JSON and the page. */
export interface Replayed {
  readonly hpa: ReplayedHpa;
  readonly traffic: Traffic;
  /** For people: the file, or the logstore. */
  readonly source: string;
  readonly controller: ControllerSettings;
  /** What one pod can take of each metric, in its unit. */
  readonly capacities: readonly (number | undefined)[];
  readonly input: ReplayInput;
  readonly gpus: number;
  readonly hasGpus: boolean;
  /** Of an hour of a GPU or, without GPUs, of a pod. */
  readonly price: number | undefined;
  readonly runs: readonly ReplayedRun[];
  readonly swept?: Swept;
  /** What differs from the HPA as it is. */
  readonly notes: readonly string[];
  /** What a replay cannot know. */
  readonly limits: readonly string[];
}

export interface ReplayedRun {
  readonly startupSeconds: number;
  readonly figures: Figures;
  /** Why the replicas were as many as they were, with the share of the syncs. */
  readonly reasons: readonly (readonly [string, number])[];
  readonly baselines: Baselines;
  /** The same with forecasts beside the metrics. */
  readonly withForecast?: Figures | undefined;
}

/** The result of a sweep, with the longest startup time. */
export interface Swept {
  readonly startupSeconds: number;
  readonly settings: readonly SweptSetting[];
  readonly front: readonly SweptSetting[];
  /** Some of the front, for people, with all figures. */
  readonly shown: readonly { readonly spec: AutoscalerSpec; readonly figures: Figures }[];
  readonly recommended: { readonly spec: AutoscalerSpec; readonly figures: Figures };
  /** Why, in one sentence. */
  readonly reason: string;
}

/** @param assumedDelaySeconds undefined: the delay is given */
export const limits = (assumedDelaySeconds: number | undefined): string[] => [
  'Demand is what was served: requests that an overloaded service lost, or answered later, are missing or late in the log.',
  'Requests do not queue: demand above what the ready pods can take is lost at once.',
  'Pods always find a node, and all take equally long to start.',
  ...(assumedDelaySeconds === undefined
    ? []
    : [
        `Windows end ${assumedDelaySeconds} s before now, the delay that is usually learned; --delay sets another.`,
      ]),
];

/** The cost is undefined without a price. */
export function costOf({ podHours }: Pick<Figures, 'podHours'>, { gpus, price }: Replayed) {
  const gpuHours = podHours * gpus;
  return { gpuHours, cost: price === undefined ? undefined : gpuHours * price };
}
