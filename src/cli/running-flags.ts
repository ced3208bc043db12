import { readFile } from 'node:fs/promises';
import { flagName, optionKey, settings } from '../config/settings.ts';
import type { Io } from './io.ts';

/** In a container the adapter is the first process. */
const firstProcess = '/proc/1/cmdline';

/**
 * The flags of settings that the adapter of this pod was started with, by option key, so that a command in its container
 * need not repeat them. None outside of a pod.
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

/** Value flags as `--name=value` or `--name value`; whatever is no flag of a setting is left out. */
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
