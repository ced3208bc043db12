import type { Config } from '../../config/schema.ts';
import { projectSettings } from '../../config/project-settings.ts';
import { AdapterError } from '../../errors.ts';
import { selectorRequirements } from '../../kube/autoscalers/autoscaler-selector.ts';
import { neededPods, podCapacities } from '../../replay/demand.ts';
import {
  readAllPhases,
  reasonShares,
  replayBaselines,
  replaySetting,
  type ReplayInput,
} from '../../replay/replay.ts';
import { ofRequestsAlone, replayedHpa, type ReplayedHpa } from '../../replay/replayed-hpa.ts';
import type { ReadingRules } from '../../replay/readings.ts';
import { newestMinor, type KubeMinor } from '../../scaling/controller-rules.ts';
import type { ControllerSettings } from '../../scaling/controller.ts';
import { parseHpaManifest } from '../../scaling/hpa-manifest.ts';
import { catalogOf } from '../../service/catalog.ts';
import type { Flags } from '../command-config.ts';
import type { Io } from '../io.ts';
import { forecastsTo, withForecasts, type ForecastOptions } from './replay-forecast.ts';
import { isFile, loadTraffic, type SourceOptions } from './traffic-source.ts';

/** What a replay of one HPA needs besides the HPA. */
export interface ManifestOptions extends SourceOptions, ForecastOptions {
  /** Of an HPA that names none. */
  readonly namespace: string;
  /** Milliseconds, each once. */
  readonly startup: readonly number[];
  readonly capacity?: number;
  readonly gpus?: number;
  readonly price?: number;
  /** Default: that of the cluster, else the newest that is known. */
  readonly kubeVersion?: KubeMinor;
  /** Milliseconds. */
  readonly syncPeriod: number;
  readonly tolerance: number;
  /** Milliseconds. */
  readonly downscaleStabilization: number;
  readonly scaleToZero?: boolean;
}

/** The delay that the adapter usually learns: 2 to 6 s. A log file does not say when its lines came. */
const usualDelaySeconds = 4;

/** The result of a replay, for the table, the JSON and the page. */
export type Replayed = Awaited<ReturnType<typeof replayManifest>>;

/**
 * Returns what the HPA would have done with past traffic.
 *
 * @throws AdapterError `HpaInvalid`, `HpaUnsuited`, and those of `loadTraffic`
 */
export async function replayManifest(
  object: unknown,
  options: ManifestOptions & Flags,
  config: Config,
  io: Io,
) {
  const hpa = hpaOf(object, options, config);
  const controller = controllerOf(options);
  const rules = readingRules(hpa, config);
  const forecasts = forecastsTo(hpa, options, config);
  const { traffic, source, notes, histories } = await loadTraffic(hpa, rules, forecasts, options, config, io);
  const capacities = podCapacities(hpa, options.capacity);
  const input: ReplayInput = {
    readings: readAllPhases(traffic, rules, options.syncPeriod / 1000),
    needed: neededPods(traffic, capacities),
    controller,
  };
  const startups = options.startup.map((ms) => Math.round(ms / 1000)).sort((a, b) => a - b);
  const added = withForecasts(
    { hpa, forecasts, histories, rules, input, fromSeconds: traffic.fromSeconds },
    config,
  );
  const runs = startups.map((startupSeconds) => ({
    startupSeconds,
    figures: replaySetting(hpa.spec, input, startupSeconds),
    reasons: reasonShares(hpa.spec, input, startupSeconds),
    baselines: replayBaselines(hpa.spec, input, startupSeconds),
    withForecast: added && replaySetting(added.spec, added.input, startupSeconds),
  }));
  return {
    ...{ hpa, traffic, source, controller, capacities, input, runs },
    /** What a sweep varies: the HPA with the forecasts that it names itself. */
    whole: hpa.forecasts.length > 0 && added ? added : { spec: hpa.spec, input },
    /** The price is of an hour of a GPU or, without GPUs, of a pod. */
    ...{ gpus: options.gpus, price: options.price },
    /** What differs from the HPA as it is. */
    notes: [...hpa.notes, ...notes, ...boundNotes(hpa, input), ...(added?.notes ?? [])],
    /** What a replay cannot know. */
    limits: limits(isFile(options) && options['delay'] === undefined ? usualDelaySeconds : undefined),
  };
}

function boundNotes({ spec: { maxReplicas } }: ReplayedHpa, { needed }: ReplayInput): string[] {
  const most = Math.ceil(needed.reduce((greatest, one) => Math.max(greatest, one), 0));
  if (most <= maxReplicas) return [];
  return [
    `The busiest moment needed ${most} ready pods, and maxReplicas is ${maxReplicas}: no setting below it is enough.`,
  ];
}

function hpaOf(object: unknown, options: ManifestOptions, config: Config): ReplayedHpa {
  const manifest = parseHpaManifest(object, options.scaleToZero);
  // A file of traffic is of one logstore, whatever its name.
  const file = isFile(options) ? 'the-file' : undefined;
  const { project = file, logstore = file } = config.defaults;
  const hpa = replayedHpa(manifest, {
    catalog: catalogOf(config),
    defaults: { project, logstore },
    namespace: options.namespace,
    requirementsOf: selectorRequirements,
  });
  return options.counts === undefined ? hpa : ofRequestsAlone(hpa);
}

function readingRules({ requests }: ReplayedHpa, config: Config): ReadingRules {
  const [request] = requests;
  const { reading } = projectSettings(config)(request?.project ?? '');
  return {
    delaySecondsOf: (series) => series.delaySeconds ?? reading.delaySeconds ?? usualDelaySeconds,
    refreshesIn15Seconds: reading.refreshesIn15Seconds,
    windowMode: reading.window,
  };
}

function controllerOf(options: ManifestOptions): ControllerSettings {
  const periodSeconds = options.syncPeriod / 1000;
  if (periodSeconds < 1 || periodSeconds > 300)
    throw new AdapterError('ConfigInvalid', '--sync-period must be from 1s to 5m');
  return {
    minor: options.kubeVersion ?? newestMinor,
    tolerance: options.tolerance,
    downscaleStabilizationSeconds: options.downscaleStabilization / 1000,
    scalesToZero: options.scaleToZero ?? false,
  };
}

/** @param assumedDelaySeconds undefined: the delay is given */
const limits = (assumedDelaySeconds: number | undefined): string[] => [
  'Demand is what was served: requests that an overloaded service lost, or answered later, are missing or late in the log.',
  'Requests do not queue: demand above what the ready pods can take is lost at once.',
  'Pods always find a node, and all take equally long to start.',
  ...(assumedDelaySeconds === undefined
    ? []
    : [
        `Windows end ${assumedDelaySeconds} s before now, the delay that is usually learned; --delay sets another.`,
      ]),
];
