import type { Config } from '../../config/schema.ts';
import { projectSettings } from '../../config/project-settings.ts';
import { AdapterError } from '../../errors.ts';
import { selectorRequirements } from '../../kube/autoscalers/autoscaler-selector.ts';
import { neededPods, podCapacities } from '../../replay/demand.ts';
import { readAllPhases, replayBaselines, replaySetting, type ReplayInput } from '../../replay/replay.ts';
import { ofRequestsAlone, replayedHpa, type ReplayedHpa } from '../../replay/replayed-hpa.ts';
import type { ReadingRules } from '../../replay/readings.ts';
import type { KubeMinor } from '../../scaling/controller-rules.ts';
import type { ControllerSettings } from '../../scaling/controller.ts';
import { parseHpaManifest } from '../../scaling/hpa-manifest.ts';
import { catalogOf } from '../../service/catalog.ts';
import { loadCommandConfig, type Flags } from '../command-config.ts';
import type { Io } from '../io.ts';
import { loadHpa } from './hpa-source.ts';
import { limits, type Replayed } from './replayed.ts';
import { replayJson } from './replay-json.ts';
import { replayText } from './replay-text.ts';
import { loadTraffic, type SourceOptions } from './traffic-source.ts';

export interface ReplayOptions extends SourceOptions {
  readonly hpa: string;
  readonly namespace: string;
  /** Milliseconds, each once. */
  readonly startup: readonly number[];
  readonly capacity?: number;
  readonly gpus?: number;
  readonly price?: number;
  readonly kubeVersion: KubeMinor;
  /** Milliseconds. */
  readonly syncPeriod: number;
  readonly tolerance: number;
  /** Milliseconds. */
  readonly downscaleStabilization: number;
  readonly scaleToZero?: boolean;
  readonly report?: string;
  readonly output: 'table' | 'json';
}

/** The delay that the adapter usually learns: 2 to 6 s. A log file does not say when its lines came. */
const usualDelaySeconds = 4;

/** Prints what the HPA would have done with past traffic. */
export async function replay(options: ReplayOptions & Flags, io: Io): Promise<void> {
  const replayed = await replayTraffic(options, io);
  io.stdout.write(
    options.output === 'json' ? `${JSON.stringify(replayJson(replayed), null, 2)}\n` : replayText(replayed),
  );
}

async function replayTraffic(options: ReplayOptions & Flags, io: Io): Promise<Replayed> {
  const isFile = options.counts !== undefined || options.accessLog !== undefined;
  // Without SLS, no endpoint is needed.
  const config = await loadCommandConfig(isFile ? { region: 'unused', ...options } : options, io);
  const hpa = await hpaOf(options, config, io);
  const controller = controllerOf(options);
  const rules = readingRules(hpa, config);
  const { traffic, source, notes } = await loadTraffic(hpa, rules, options, config, io);
  const capacities = podCapacities(hpa, options.capacity);
  const input: ReplayInput = {
    readings: readAllPhases(traffic, rules, options.syncPeriod / 1000),
    needed: neededPods(traffic, capacities),
    controller,
  };
  const startups = options.startup.map((ms) => Math.round(ms / 1000)).sort((a, b) => a - b);
  const { gpus = 1, price } = options;
  return {
    ...{ hpa, traffic, source, controller, capacities, input, gpus, price },
    hasGpus: options.gpus !== undefined,
    notes: [...hpa.notes, ...notes],
    limits: limits(isFile && options['delay'] === undefined ? usualDelaySeconds : undefined),
    runs: startups.map((startupSeconds) => ({
      startupSeconds,
      figures: replaySetting(hpa.spec, input, startupSeconds),
      baselines: replayBaselines(hpa.spec, input, startupSeconds),
    })),
  };
}

async function hpaOf(options: ReplayOptions, config: Config, io: Io): Promise<ReplayedHpa> {
  const manifest = parseHpaManifest(await loadHpa(options.hpa, config, io), options.scaleToZero);
  // A file of traffic is of one logstore, whatever its name.
  const isFile = options.counts !== undefined || options.accessLog !== undefined;
  const { project = isFile ? 'the-file' : undefined, logstore = isFile ? 'the-file' : undefined } =
    config.defaults;
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

function controllerOf(options: ReplayOptions): ControllerSettings {
  const periodSeconds = options.syncPeriod / 1000;
  if (periodSeconds < 1 || periodSeconds > 300)
    throw new AdapterError('ConfigInvalid', '--sync-period must be from 1s to 5m');
  return {
    minor: options.kubeVersion,
    tolerance: options.tolerance,
    downscaleStabilizationSeconds: options.downscaleStabilization / 1000,
    scalesToZero: options.scaleToZero ?? false,
  };
}
