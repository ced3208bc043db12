import type { z } from 'zod';
import { describeSchema, keysAt } from './documentation.ts';
import { pathText, type SettingPath } from './setting-path.ts';
import { environmentNames, flagName, settings } from './settings.ts';

/** What the faults are told of. */
export interface FaultContext {
  /** The value that was refused. */
  readonly valueAt: (path: SettingPath) => unknown;
  /** Flag, environment variable or file that it came from. */
  readonly originOf: (path: string) => string | undefined;
}

/** A value longer than this is cut; the path tells where the rest is. */
const maxShown = 100;

/** One line a fault and one fault a setting: path, where it came from, value, what is allowed. */
export function describeFaults(issues: readonly z.core.$ZodIssue[], context: FaultContext): string[] {
  const faults = new Map<string, string>();
  const schema = describeSchema();
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(schema, issue.path).join(', ');
      const takes = `${issue.path.length === 0 ? 'the file' : pathText(issue.path)} takes ${known}`;
      for (const key of issue.keys) {
        const path = pathText([...issue.path, key]);
        const instead = isAccessKey(key) ? accessKeyRemedy : takes;
        faults.set(path, `${path}${inBrackets(context.originOf(path))} is no setting; ${instead}`);
      }
      continue;
    }
    // The first says the most: text that is no text is no loopback address either.
    const path = pathText(issue.path);
    if (!faults.has(path)) faults.set(path, describeWrong(issue, context));
  }
  return [...faults.values()];
}

function describeWrong({ path, message }: z.core.$ZodIssue, { valueAt, originOf }: FaultContext): string {
  const name = pathText(path);
  const value = valueAt(path);
  if (value === undefined) return `${name}${inBrackets(sourcesOf(name))} ${message}`;
  // Whoever writes a key where it does not belong should not find it in a log as well.
  if (path.some((key) => key === 'credentials') && !isNamed(path, value))
    return `${name}${inBrackets(originOf(name))} ${message}`;
  return `${name}${inBrackets(originOf(name))} is ${shown(value)} and ${message}`;
}

/** `accessKeyId`, `access-key-secret`, `securityToken` and the like; a file of tokens is none. */
const isAccessKey = (key: string) =>
  /^(access[-_]?key|secret|security[-_]?token|password)/i.test(key) && !/(file|directory)$/i.test(key);

const accessKeyRemedy =
  'an access key must never be in the file: give it in the environment, or in a Secret (source: secret-file)';

/** Whether the value is one that names where credentials are, not what they might be. */
function isNamed(path: SettingPath, value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return true;
  return typeof value === 'string' && /^(acs:|\/)/.test(value) && path.at(-1) !== 'credentials';
}

function shown(value: unknown): string {
  // JSON has no .inf and no .nan, which YAML has.
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}

/** All that a setting can be given by, besides the file. */
function sourcesOf(path: string): string | undefined {
  const found = settings.find((setting) => setting.path === path);
  return found && [`--${flagName(found)}`, ...environmentNames(found)].join(', ');
}

const inBrackets = (text: string | undefined) => (text === undefined ? '' : ` (${text})`);
