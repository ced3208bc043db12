import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { createReading, type ReadingStack } from '../service/reading-stack.ts';
import { createEventLog } from '../telemetry/event-log.ts';
import { createLogger } from '../telemetry/logger.ts';
import type { Io } from './io.ts';
import { addConfigOptions } from './options.ts';

/** The flags of a command, as parsed by commander. */
export type Flags = Readonly<Record<string, unknown>>;

/** In a container the adapter is the first process. */
const firstProcess = '/proc/1/cmdline';

/**
 * Loads the configuration of a command. In the adapter's pod it includes the flags of the running adapter, which the
 * given flags override.
 *
 * @throws AdapterError `ConfigInvalid`
 */
export async function loadCommandConfig(flags: Flags, io: Io): Promise<Config> {
  return loadConfig({ flags: { ...(await runningFlags(io)), ...flags }, env: io.env });
}

/** Opens what a read needs. Dispose of it after use. */
export function openReading(config: Config, io: Io): ReadingStack {
  const observer = createEventLog(createLogger(config.log.level, io.stderr));
  // The error of the read says it.
  return createReading(config, io, { ...observer, silenceBegan: () => undefined });
}

/**
 * Returns the setting flags of the adapter that runs in this pod, by option key, so that a command in its container need
 * not repeat them. Returns none outside a pod.
 */
export async function runningFlags({
  env,
  firstProcessFile: file = firstProcess,
}: Pick<Io, 'env' | 'firstProcessFile'>): Promise<Flags> {
  if (env['KUBERNETES_SERVICE_HOST'] === undefined) return {};
  try {
    return flagsOf((await readFile(file, 'utf8')).split('\0'));
  } catch {
    return {};
  }
}

/** Returns the flags after `serve` that belong to settings, and `--config`. Ignores all other words. */
function flagsOf(words: readonly string[]): Flags {
  const serve = words.indexOf('serve');
  if (serve < 0) return {};
  const command = new Command().allowUnknownOption().allowExcessArguments().exitOverride();
  addConfigOptions(command.configureOutput({ writeErr: () => undefined }));
  return command.parse(words.slice(serve + 1), { from: 'user' }).opts();
}
