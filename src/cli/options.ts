import { InvalidArgumentError, Option, type Command } from 'commander';
import { documentSettings, type SettingDocumentation } from '../config/documentation.ts';
import { configFileEnvironmentName, flagName, settings } from '../config/settings.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `80ms`, `3s`, `1.5m`, `2h` → milliseconds. */
export function parseDurationMs(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (number === undefined || unit === undefined) {
    throw new InvalidArgumentError('It must be a duration such as 80ms, 3s, 10m or 1h.');
  }
  return Number(number) * (unitMs[unit] ?? Number.NaN);
}

/** `5..80`, or `20` for a steady one: requests per second at the start and at the end. */
export function parseRate(text: string): { readonly from: number; readonly to: number } {
  const [, from, to = from] = /^(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  const rate = { from: Number(from), to: Number(to) };
  if (from === undefined || Math.max(rate.from, rate.to) > 10_000 || Math.max(rate.from, rate.to) <= 0) {
    throw new InvalidArgumentError('It must be requests per second, such as 20 or 5..80, up to 10000.');
  }
  return rate;
}

/** A share, such as 0.1. */
export function parseShare(text: string): number {
  if (!/^(0(\.\d+)?|1(\.0+)?)$/.test(text)) throw new InvalidArgumentError('It must be a share from 0 to 1.');
  return Number(text);
}

export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new InvalidArgumentError('It must be a whole number from 1 to 999999.');
  return Number(text);
}

export function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) {
    throw new InvalidArgumentError('It must be a port, a whole number from 0 to 65535.');
  }
  return Number(text);
}

/** `{namespace}/{name}` of a ServiceAccount. */
export function parseServiceAccount(text: string): string {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?\/[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(text)) {
    throw new InvalidArgumentError(
      'It must be a namespace and a name, such as sls-metrics-adapter/sls-metrics-adapter.',
    );
  }
  return text;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:8088`, `[::1]:8088`, `localhost:0` */
export function parseListenAddress(text: string): ListenAddress {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65535) {
    throw new InvalidArgumentError('It must be an address and a port, such as 127.0.0.1:8088.');
  }
  return { host, port: Number(port) };
}

const settingGroups: Readonly<Record<string, string>> = {
  server: 'Serving:',
  kubernetes: 'Reaching Kubernetes:',
  sls: 'Reaching SLS:',
  defaults: 'Where selectors are silent:',
  reading: 'Where selectors are silent:',
  telemetry: 'Metrics of its own:',
  log: 'Log:',
};

/** Adds `--config` and the flags of all settings, or of those below the given sections; documented by the schema. */
export function addConfigOptions(
  command: Command,
  sections: readonly string[] = Object.keys(settingGroups),
): void {
  const documentation = new Map(documentSettings().map((setting) => [setting.path, setting]));
  const also: string[] = [];
  command.addOption(
    new Option(
      '--config <file>',
      `Configuration file, YAML (variable: ${configFileEnvironmentName})`,
    ).helpGroup('Configuration:'),
  );
  for (const setting of settings) {
    const [section = ''] = setting.path.split('.');
    const documented = documentation.get(setting.path);
    if (!sections.includes(section) || documented === undefined) continue;
    command.addOption(
      new Option(setting.flag, describe(documented)).helpGroup(settingGroups[section] ?? 'Other:'),
    );
    const [, ...others] = documented.environment;
    if (others.length > 0) also.push(`--${flagName(setting)} also goes by ${others.join(' or ')}.`);
  }
  command.addHelpText(
    'after',
    [
      '',
      'Every flag of a setting has a variable, such as SLS_METRICS_ADAPTER_LOG_LEVEL.',
      ...also,
      'Flags win over variables, variables over the file; docs/configuration.md has all.',
    ].join('\n'),
  );
}

function describe({ meaning, allowed, defaultValue }: SettingDocumentation): string {
  const notes = [allowed, defaultValue === undefined ? undefined : `default: ${defaultValue}`];
  const shown = notes.filter((note) => note !== undefined);
  return shown.length === 0 ? meaning : `${meaning} (${shown.join('; ')})`;
}
