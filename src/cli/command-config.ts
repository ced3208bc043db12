import { readFile } from 'node:fs/promises';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { flagName, optionKey, settings } from '../config/settings.ts';
import type { Io } from './io.ts';

/** In a container the adapter is the first process. */
const firstProcess = '/proc/1/cmdline';

/**
 * Loads the configuration of a command. In the adapter's pod it includes the flags of the running adapter, which the
 * given flags override.
 *
 * @throws AdapterError `ConfigInvalid`
 */
export async function loadCommandConfig(flags: Readonly<Record<string, unknown>>, io: Io): Promise<Config> {
  return loadConfig({ flags: { ...(await runningFlags(io)), ...flags }, env: io.env });
}

/**
 * Returns the setting flags of the adapter that runs in this pod, by option key, so that a command in its container need
 * not repeat them. Returns none outside a pod.
 */
export async function runningFlags({
  env,
  firstProcessFile: file = firstProcess,
}: Pick<Io, 'env' | 'firstProcessFile'>): Promise<Readonly<Record<string, string | true>>> {
  if (env['KUBERNETES_SERVICE_HOST'] === undefined) return {};
  try {
    return flagsOf((await readFile(file, 'utf8')).split('\0'));
  } catch {
    return {};
  }
}

/** Parses `--name=value` and `--name value`, and ignores words that are not the flag of a setting. */
function flagsOf(words: readonly string[]): Record<string, string | true> {
  const command = words.indexOf('serve');
  if (command < 0) return {};
  const flags: Record<string, string | true> = {};
  const given = words.slice(command + 1);
  for (const [index, word] of given.entries()) {
    const [, name, inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const known = knownFlags.get(name ?? '');
    if (known === undefined) continue;
    const value = known.takesValue ? (inline ?? given[index + 1]) : true;
    if (value !== undefined) flags[known.key] = value;
  }
  return flags;
}

const knownFlags: ReadonlyMap<string, { readonly key: string; readonly takesValue: boolean }> = new Map([
  ['config', { key: 'config', takesValue: true }],
  ...settings.map(
    (setting) =>
      [flagName(setting), { key: optionKey(setting), takesValue: setting.flag.includes('<') }] as const,
  ),
]);
