import { readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import { AdapterError } from '../errors.ts';
import { describeFaults } from './faults.ts';
import { configSchema, type Config } from './schema.ts';
import { isMapping } from './setting-path.ts';
import {
  configFileEnvironmentName,
  environmentNames,
  flagName,
  optionKey,
  settings,
  type Setting,
} from './settings.ts';

export interface ConfigSources {
  /** The values that commander parsed, by option key. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

type Tree = Record<string, unknown>;

/**
 * Returns the configuration. Flags take precedence over the environment, then the file, then defaults. An empty
 * environment variable counts as not set, and so does a key of the file without a value.
 *
 * @throws AdapterError `ConfigInvalid` with all faults: path, where the value came from, value, what is allowed
 */
export function loadConfig({ flags, env }: ConfigSources): Config {
  const { config: flag } = flags;
  const fromEnv = env[configFileEnvironmentName];
  const file = typeof flag === 'string' ? flag : fromEnv === '' ? undefined : fromEnv;
  const tree = file === undefined ? {} : readConfigFile(file);
  const origins = new Map<string, string>();
  for (const setting of settings) {
    const found = findText(setting, flags, env);
    if (found === undefined) continue;
    origins.set(setting.path, found.origin);
    const [head = '', key = ''] = setting.path.split('.');
    const section = (tree[head] ??= {});
    // A section that is not a mapping is left as it is: the schema refuses it.
    if (isMapping(section)) section[key] = readText(found.text, setting.as);
  }
  const parsed = configSchema.safeParse(tree);
  if (parsed.success) return parsed.data;
  const faults = describeFaults(parsed.error.issues, tree, (path) => origins.get(path) ?? file);
  throw new AdapterError('ConfigInvalid', ['wrong configuration:', ...faults].join('\n  '));
}

function readConfigFile(file: string): Tree {
  const refuse = (why: string, cause?: unknown) =>
    new AdapterError('ConfigInvalid', `the configuration file ${file} ${why}`, { cause });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw refuse(`cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, cause);
  }
  const tree = parseYaml(text, refuse);
  if (isMapping(tree)) return tree;
  throw refuse('must hold a mapping of settings');
}

/** A list that is left out of an access rule allows all. An empty one must not do that, so it is kept and then refused. */
function withoutEmpty(this: unknown, key: unknown, value: unknown): unknown {
  const inRule = isMapping(this) && Object.hasOwn(this, 'namespaces');
  return value ?? (inRule && accessLists.has(key) ? [] : undefined);
}

const accessLists: ReadonlySet<unknown> = new Set(['projects', 'logstores', 'routes']);

function parseYaml(text: string, refuse: (why: string, cause: unknown) => AdapterError): unknown {
  try {
    return parse(text, withoutEmpty, { resolveKnownTags: false, merge: true, logLevel: 'error' }) ?? {};
  } catch (fault) {
    if (fault instanceof YAMLParseError && fault.code === 'MULTIPLE_DOCS')
      throw refuse(
        'has several YAML documents: put all settings into one, and remove the lines --- between them',
        fault,
      );
    // The library shows the position below the first line, which ends with a colon.
    const [summary = ''] = (fault as Error).message.split('\n');
    // A mapping that contains itself fails in the same way.
    if (summary.startsWith('Maximum call stack')) throw refuse('is nested too deeply', fault);
    throw refuse(`is not YAML: ${summary.replace(/:$/, '')}`, fault);
  }
}

function findText(setting: Setting, flags: ConfigSources['flags'], env: ConfigSources['env']) {
  const flag = flags[optionKey(setting)];
  // commander gives true for a flag without a value.
  if (typeof flag === 'string' || flag === true) return { text: `${flag}`, origin: `--${flagName(setting)}` };
  for (const name of environmentNames(setting)) {
    const text = env[name];
    if (text !== undefined && text !== '') return { text, origin: name };
  }
  return undefined;
}

/** Converts text. Text that cannot be converted is left for the schema to refuse. */
function readText(text: string, as: Setting['as']): unknown {
  switch (as) {
    case 'number':
      return /^\d{1,15}$/.test(text) ? Number(text) : text;
    case 'seconds':
      return /^\d{1,15}s?$/.test(text) ? Number.parseInt(text, 10) : text;
    case 'boolean':
      return text === 'true' || (text === 'false' ? false : text);
    case 'list':
      return text.split(',').map((item) => item.trim());
    case undefined:
      return text;
  }
}
