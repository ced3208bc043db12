import { labelDefinitions } from '../metric/labels.ts';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { allowedOf, defaultOf, describeSchema, type SettingSchema } from '../config/documentation.ts';
import { newestMinor, oldestMinor } from '../scaling/controller-rules.ts';
import { configFileEnvironmentName, environmentNames, flagName, settings } from '../config/settings.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Parses a duration such as `80ms`, `3s`, `1.5m` or `2h` into milliseconds. */
export function parseDurationMs(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (number === undefined || unit === undefined)
    throw new InvalidArgumentError('It must be a duration such as 80ms, 3s, 10m or 1h.');
  return Number(number) * (unitMs[unit] ?? Number.NaN);
}

/** Parses requests per second: `5..80` for a rate that rises from 5 to 80, `20` for a steady rate. */
export function parseRate(text: string): { readonly from: number; readonly to: number } {
  const [, from, to = from] = /^(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  const rate = { from: Number(from), to: Number(to) };
  if (from === undefined || Math.max(rate.from, rate.to) > 10_000 || Math.max(rate.from, rate.to) <= 0)
    throw new InvalidArgumentError('It must be requests per second, such as 20 or 5..80, up to 10000.');
  return rate;
}

export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new InvalidArgumentError('It must be a whole number from 1 to 999999.');
  return Number(text);
}

export function parseMinReplicas(text: string): number {
  if (text === '0')
    throw new InvalidArgumentError(
      'It must be at least 1. For 0, an HPA needs the feature gate HPAScaleToZero, and KEDA the trigger external-push: docs/hpa.md, "Down to zero".',
    );
  return parseCount(text);
}

export function parsePositive(text: string): number {
  const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : 0;
  if (value <= 0) throw new InvalidArgumentError('It must be a number above 0, such as 2 or 0.5.');
  return value;
}

export function parseShare(text: string): number {
  if (!/^(0(\.\d{1,9})?|1)$/.test(text))
    throw new InvalidArgumentError('It must be a number from 0 to 1, such as 0.1.');
  return Number(text);
}

export function parseQuantile(text: string): number {
  const { accepts, accepted } = labelDefinitions.quantile;
  if (!accepts(text)) throw new InvalidArgumentError(`It must be ${accepted}.`);
  return Number(text);
}

/** An amount over a whole time, or for each day of it. */
export interface Allowance {
  readonly amount: number;
  readonly isPerDay: boolean;
}

/** Parses `1m/day`, or `10m` for the whole time, into seconds. */
export function parseOverload(text: string): Allowance {
  const [, duration = '', day] = /^([^/]+)(\/day)?$/.exec(text) ?? [];
  const seconds = duration === '0' ? 0 : parseDurationMs(duration) / 1000;
  return { amount: seconds, isPerDay: day !== undefined };
}

/** Parses `200/day`, or `5000` for the whole time. */
export function parseBudget(text: string): Allowance {
  const [, amount = '', day] = /^([^/]+)(\/day)?$/.exec(text) ?? [];
  return { amount: parsePositive(amount), isPerDay: day !== undefined };
}

/** Parses `1.36`, `v1.36.2` or `1.36+` to the minor version. */
export function parseKubeMinor(text: string): number {
  const minor = Number(/^v?1\.(\d\d)(\D.*)?$/.exec(text)?.[1]);
  if (!(minor >= oldestMinor && minor <= newestMinor))
    throw new InvalidArgumentError(`It must be a version from 1.${oldestMinor} to 1.${newestMinor}.`);
  return minor;
}

/** Accepts `{namespace}/{name}` of a ServiceAccount. */
export function parseServiceAccount(text: string): string {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?\/[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(text))
    throw new InvalidArgumentError(
      'It must be a namespace and a name, such as sls-metrics-adapter/sls-metrics-adapter.',
    );
  return text;
}

/** @param usual the default, as help shows it */
export const durationOption = (flags: string, description: string, usual: string): Option =>
  new Option(flags, description).argParser(parseDurationMs).default(parseDurationMs(usual), usual);

export const outputOption = () =>
  new Option('-o, --output <format>', 'Output format').choices(['table', 'json']).default('table');

const settingGroups: Readonly<Record<string, string>> = {
  server: 'Serving:',
  kubernetes: 'Kubernetes:',
  sls: 'SLS:',
  defaults: 'Defaults of selectors:',
  reading: 'Defaults of selectors:',
  telemetry: 'Own metrics of the adapter:',
  keda: 'KEDA:',
  log: 'Log:',
};

/** Adds `--config` and the flags of all settings, or of those in the given sections. Their help comes from the schema. */
export function addConfigOptions(
  command: Command,
  sections: readonly string[] = Object.keys(settingGroups),
): void {
  const schema = describeSchema();
  const aliases: string[] = [];
  command.addOption(
    new Option(
      '--config <file>',
      `Configuration file, YAML (variable: ${configFileEnvironmentName})`,
    ).helpGroup('Configuration:'),
  );
  for (const setting of settings) {
    const [section = '', key = ''] = setting.path.split('.');
    const node = schema.properties?.[section]?.properties?.[key];
    if (!sections.includes(section) || node === undefined) continue;
    command.addOption(new Option(setting.flag, helpText(node)).helpGroup(settingGroups[section] ?? 'Other:'));
    const [, ...others] = environmentNames(setting);
    if (others.length > 0) aliases.push(`--${flagName(setting)} can also be set by ${others.join(' or ')}.`);
  }
  command.addHelpText(
    'after',
    [
      '',
      'Each setting also has a variable, such as SLS_METRICS_ADAPTER_LOG_LEVEL.',
      ...aliases,
      'Flags override variables, variables override the file. See docs/configuration.md.',
    ].join('\n'),
  );
}

function helpText(node: SettingSchema): string {
  const value = defaultOf(node);
  const notes = [allowedOf(node), value && `default: ${value}`].filter((note) => note !== undefined);
  const meaning = node.description ?? '';
  return notes.length === 0 ? meaning : `${meaning} (${notes.join('; ')})`;
}
