import { writeFile } from 'node:fs/promises';
import { AdapterError } from '../../errors.ts';
import { newestMinor, oldestMinor, type KubeMinor } from '../../scaling/controller-rules.ts';
import { loadCommandConfig, type Flags } from '../command-config.ts';
import { writeResult, type Io } from '../io.ts';
import { loadHpa } from './hpa-source.ts';
import { reportPage } from '../../replay/report.ts';
import { reportData } from './report-data.ts';
import { replayJson } from './replay-json.ts';
import { replayText } from './replay-text.ts';
import { replayManifest, type ManifestOptions } from './replayed.ts';
import { sweepSettings, type WishOptions } from './sweep-settings.ts';
import { isFile } from './traffic-source.ts';

export interface ReplayOptions extends ManifestOptions, WishOptions {
  readonly sweep?: boolean;
  readonly hpa: string;
  readonly report?: string;
  readonly output: 'table' | 'json';
}

/** Prints what the HPA would have done with past traffic. */
export async function replay(options: ReplayOptions & Flags, io: Io): Promise<void> {
  // Without SLS, no endpoint is needed.
  const config = await loadCommandConfig(isFile(options) ? { region: 'unused', ...options } : options, io);
  const { object, version } = await loadHpa(options.hpa, config, io);
  const kubeVersion = options.kubeVersion ?? minorOf(version);
  const replayed = await replayManifest(object, { ...options, kubeVersion }, config, io);
  const isSwept = options.sweep ?? (options.maxOverload ?? options.budget) !== undefined;
  const swept = isSwept ? await sweepSettings(replayed, options, io) : undefined;
  if (options.report !== undefined)
    await writeReport(options.report, await reportPage(reportData(replayed, swept)));
  writeResult(io, options.output, replayJson(replayed, swept), replayText(replayed, swept));
}

async function writeReport(file: string, page: string): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (cause) {
    const { message } = cause as Error;
    throw new AdapterError('ConfigInvalid', `--report ${file} cannot be written: ${message}`, { cause });
  }
}

/** Returns the minor version, or the nearest that is known. */
function minorOf(version: string | undefined): KubeMinor {
  const minor = Number(/^v1\.(\d+)/.exec(version ?? '')?.[1] ?? newestMinor);
  return Math.min(newestMinor, Math.max(oldestMinor, minor));
}
