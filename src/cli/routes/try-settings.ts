import { AdapterError, toAdapterError } from '../../errors.ts';
import type { Config } from '../../config/schema.ts';
import type { Fields } from '../../scaling/hpa-manifest.ts';
import { withSettings } from '../../scaling/print-hpa.ts';
import type { Io } from '../io.ts';
import { usualOptions } from '../replay/replay-options.ts';
import { shortNumber } from '../replay/replay-text.ts';
import { replayManifest, type Replayed } from '../replay/replayed.ts';
import { sweepSettings, type Swept } from '../replay/sweep-settings.ts';
import { spanText, utcText } from '../time-text.ts';
import type { SuggestedHpa } from './hpa-manifest.ts';

/** A suggestion is wanted within seconds, so it rests on a few hours. */
const triedMs = 6 * 3_600_000;
/** Less traffic does not show how it rises and falls. */
const leastSeconds = 3600;
const patienceMs = 60_000;
/** The last version whose HPAs have no tolerance: later ones accept the HPA too. */
const kubeVersion = 34;

/**
 * Replays the last hours with other settings of an HPA, and returns it with the best; as it is, and why, if the log does
 * not say enough.
 *
 * @param startupMs how long a pod takes until it is ready
 */
export async function trySettings(
  manifest: Fields,
  startupMs: number,
  config: Config,
  io: Io,
): Promise<SuggestedHpa> {
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(patienceMs)]);
  const options = { ...usualOptions, namespace: 'default', startup: [startupMs], last: triedMs };
  try {
    const replayed = await replayManifest(manifest, { ...options, kubeVersion }, config, { ...io, signal });
    checkLength(replayed);
    return bestOf(replayed, await sweepSettings(replayed, {}, { ...io, signal }));
  } catch (error) {
    if (io.signal.aborted) throw error;
    const { code, what } = toAdapterError(error);
    if (code === 'Internal' && !signal.aborted) throw error;
    const why = signal.aborted ? `it takes longer than ${spanText(patienceMs / 1000)}` : what;
    const lines = [
      'For slow starts: scales up to twice the pods, or by two, every 30 s; scales down by one a minute, after 5 minutes',
      `of lower load. No other settings were tried on the last ${spanText(triedMs / 1000)}: ${why}.`,
    ];
    return { manifest, comments: commentsOf(lines) };
  }
}

const commentsOf = (lines: readonly string[]) => lines.map((line) => `# ${line}\n`).join('');

/** @throws AdapterError `TrafficMissing` */
function checkLength({ input: { needed } }: Replayed): void {
  const seconds = needed.length - needed.findIndex((pods) => pods > 0);
  if (seconds >= leastSeconds) return;
  throw new AdapterError(
    'TrafficMissing',
    `its first request was ${spanText(seconds)} ago, and ${spanText(leastSeconds)} of traffic are needed`,
  );
}

function bestOf({ hpa, runs, traffic, capacities }: Replayed, swept: Swept): SuggestedHpa {
  const { settings, startupSeconds, recommended } = swept;
  const { figures, spec } = recommended;
  const present = runs[0]?.figures ?? figures;
  const text = (one: typeof figures) =>
    `${spanText(one.overloadedSeconds)} of overload for ${one.podHours.toFixed(1)} pod-hours`;
  return {
    manifest: withSettings(hpa.manifest, spec, hpa.indices),
    comments: commentsOf([
      `The best of ${settings.length} settings, replayed from ${utcText(traffic.fromSeconds)} to ${utcText(traffic.toSeconds)}: ${text(figures)},`,
      `where one for slow starts with that target has ${text(present)}. A pod is taken to answer`,
      `${shortNumber(capacities[0] ?? 0)} requests/s, and to be ready after ${spanText(startupSeconds)} (--startup). These are few hours: replay a whole day too, with`,
      'sls-metrics-adapter replay --hpa FILE --last 24h --sweep',
    ]),
  };
}
