import type { z } from 'zod';
import { documentSettings } from './documentation.ts';

/** What the faults are told of. */
export interface FaultContext {
  /** The value that was refused, by the path's keys. */
  readonly valueAt: (path: readonly string[]) => unknown;
  /** Flag, environment variable or file that it came from. */
  readonly originOf: (path: string) => string | undefined;
}

/** One line a fault and one fault a setting: path, where it came from, value, what is allowed. */
export function describeFaults(issues: readonly z.core.$ZodIssue[], context: FaultContext): string[] {
  const faults = new Map<string, string>();
  for (const issue of issues) {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) faults.set([...path, key].join('.'), describeUnknown(path, key, context));
      continue;
    }
    // The first says the most: text that is no text is no loopback address either.
    const name = path.join('.');
    if (!faults.has(name)) faults.set(name, describeWrong(path, issue, context));
  }
  return [...faults.values()];
}

function describeUnknown(section: readonly string[], key: string, { originOf }: FaultContext): string {
  const path = [...section, key].join('.');
  const paths = documentSettings().map((setting) => setting.path.split('.'));
  const known =
    section.length === 0
      ? paths.map(([first]) => first)
      : paths.filter(([first]) => first === section[0]).map(([, second]) => second);
  const where = section.length === 0 ? 'the file' : section.join('.');
  return `${path}${inBrackets(originOf(path))} is no setting; ${where} takes ${[...new Set(known)].join(', ')}`;
}

function describeWrong(
  path: readonly string[],
  issue: z.core.$ZodIssue,
  { valueAt, originOf }: FaultContext,
): string {
  const name = path.join('.');
  const value = valueAt(path);
  if (value === undefined) return `${name}${inBrackets(sourcesOf(name))} ${issue.message}`;
  const allowed = path.length === 1 ? 'must be a mapping of settings' : issue.message;
  return `${name}${inBrackets(originOf(name))} is ${JSON.stringify(value)} and ${allowed}`;
}

/** All that a setting can be given by, besides the file. */
function sourcesOf(path: string): string | undefined {
  const found = documentSettings().find((setting) => setting.path === path);
  return found?.flag && [found.flag, ...found.environment].join(', ');
}

const inBrackets = (text: string | undefined) => (text === undefined ? '' : ` (${text})`);
