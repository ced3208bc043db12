import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { AdapterError } from '../errors.ts';
import { configSchema, type Config } from './schema.ts';
import {
  configFileEnvironmentName,
  environmentNames,
  optionKey,
  settings,
  type Setting,
} from './settings.ts';

export interface ConfigSources {
  /** What commander parsed, by option key. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

type Tree = Record<string, unknown>;

/**
 * Flags over environment over file over defaults.
 *
 * @throws AdapterError `ConfigInvalid` with every fault at once: path, where it came from, value, what is allowed
 */
export function loadConfig({ flags, env }: ConfigSources): Config {
  const file = (flags['config'] as string | undefined) ?? env[configFileEnvironmentName];
  const tree = file === undefined ? {} : readConfigFile(file);
  const origins = new Map<string, string>();
  for (const setting of settings) {
    const found = findText(setting, flags, env);
    if (found === undefined) continue;
    origins.set(setting.path, found.origin);
    assign(tree, setting.path.split('.'), setting.numeric === true ? numberOrText(found.text) : found.text);
  }
  const parsed = configSchema.safeParse(tree);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => `${[...issue.path, key].join('.')} is not a setting`)
      : [describeFault(issue.path.join('.'), issue.message, valueAt(tree, issue.path), origins, file)],
  );
  throw new AdapterError(
    'ConfigInvalid',
    `wrong configuration:\n${faults.map((fault) => `  ${fault}`).join('\n')}\n`,
  );
}

function readConfigFile(file: string): Tree {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AdapterError('ConfigInvalid', `the configuration file ${file} cannot be read`, { cause });
  }
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault !== undefined) {
    throw new AdapterError('ConfigInvalid', `${file} is not YAML: ${fault.message.split('\n')[0] ?? ''}`, {
      cause: fault,
    });
  }
  const tree: unknown = document.toJS() ?? {};
  if (isTree(tree)) return tree;
  throw new AdapterError('ConfigInvalid', `${file} must hold a mapping of settings`);
}

function findText({ ...setting }: Setting, flags: ConfigSources['flags'], env: ConfigSources['env']) {
  const flag = flags[optionKey(setting)];
  if (typeof flag === 'string') return { text: flag, origin: setting.flag.split(' ')[0] ?? '' };
  for (const name of environmentNames(setting)) {
    const text = env[name];
    if (text !== undefined && text !== '') return { text, origin: name };
  }
  return undefined;
}

/** Text that is no number is left for the schema to refuse. */
const numberOrText = (text: string) => (/^\d{1,15}$/.test(text) ? Number(text) : text);

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function assign(tree: Tree, [head = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    tree[head] = value;
    return;
  }
  const below = (tree[head] ??= {});
  // A section that is no mapping is left as it is: the schema refuses it.
  if (isTree(below)) assign(below, rest, value);
}

function valueAt(tree: Tree, path: readonly PropertyKey[]): unknown {
  let value: unknown = tree;
  for (const key of path) value = isTree(value) ? value[String(key)] : undefined;
  return value;
}

function describeFault(
  path: string,
  message: string,
  value: unknown,
  origins: ReadonlyMap<string, string>,
  file: string | undefined,
): string {
  const origin = origins.get(path) ?? file;
  const from = value === undefined || origin === undefined ? '' : ` (${origin})`;
  const is = value === undefined ? '' : ` is ${JSON.stringify(value)} and`;
  return `${path}${from}${is} ${message}`;
}
