import type { z } from 'zod';
import { pathText, valueAt, type SettingPath } from './setting-path.ts';
import { environmentNames, flagName, settings } from './settings.ts';

/** Returns the flag, environment variable or file that set the value at a path. */
type OriginOf = (path: string) => string | undefined;

/** A longer value is cut; its path shows where the rest is. */
const maxShown = 100;

/**
 * Returns one line for each setting with a fault: path, where the value came from, value, what is allowed.
 *
 * @param config the refused configuration
 */
export function describeFaults(
  issues: readonly z.core.$ZodIssue[],
  config: unknown,
  originOf: OriginOf,
): string[] {
  const faults = new Map<string, string>();
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') {
      const takes = `${issue.path.length === 0 ? 'the file' : pathText(issue.path)} takes ${issue.message}`;
      for (const key of issue.keys) {
        const path = pathText([...issue.path, key]);
        const instead = isAccessKey(key) ? accessKeyRemedy : takes;
        faults.set(path, `${path}${inBrackets(originOf(path))} is not a setting; ${instead}`);
      }
      continue;
    }
    // The first fault of a setting explains the others: a number is not a loopback address either.
    const path = pathText(issue.path);
    if (!faults.has(path)) faults.set(path, describeWrong(issue, valueAt(config, issue.path), originOf));
  }
  return [...faults.values()];
}

function describeWrong({ path, message }: z.core.$ZodIssue, value: unknown, originOf: OriginOf): string {
  const name = pathText(path);
  if (value === undefined) return `${name}${inBrackets(sourcesOf(name))} ${message}`;
  // If a user writes a secret in the wrong place, it must not appear in a log as well.
  if (path.some((key) => key === 'credentials') && !isNamed(path, value))
    return `${name}${inBrackets(originOf(name))} ${message}`;
  const hint = typeof value === 'string' && value.includes('${') ? '; variables are not replaced' : '';
  return `${name}${inBrackets(originOf(name))} is ${shown(value)} and ${message}${hint}`;
}

/** Matches `accessKeyId`, `access-key-secret`, `securityToken` and similar keys, but not the path of a file of tokens. */
const isAccessKey = (key: string) =>
  /^(access[-_]?key|secret|security[-_]?token|password)/i.test(key) && !/(file|directory)$/i.test(key);

const accessKeyRemedy =
  'an access key must never be in the file: give it in the environment, or in a Secret (source: secret-file)';

/** Tells if the value only names where credentials are, so that it cannot be a secret. */
function isNamed(path: SettingPath, value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return true;
  return typeof value === 'string' && /^(acs:|\/)/.test(value) && path.at(-1) !== 'credentials';
}

function shown(value: unknown): string {
  // YAML has .inf and .nan, which JSON cannot show.
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}

function sourcesOf(path: string): string | undefined {
  const found = settings.find((setting) => setting.path === path);
  return found && [`--${flagName(found)}`, ...environmentNames(found)].join(', ');
}

const inBrackets = (text: string | undefined) => (text === undefined ? '' : ` (${text})`);
