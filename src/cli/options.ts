import { InvalidArgumentError, Option, type Command } from 'commander';
import { configFileEnvironmentName, environmentNames, settings } from '../config/settings.ts';
import { configSchema } from '../config/schema.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `80ms`, `3s`, `1.5m`, `2h` → milliseconds. */
export function parseDurationMs(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (number === undefined || unit === undefined) {
    throw new InvalidArgumentError('It must be a duration such as 80ms, 3s, 10m or 1h.');
  }
  return Number(number) * (unitMs[unit] ?? Number.NaN);
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

/** Adds `--config` and the flags of all settings, or of those below the given sections. */
export function addConfigOptions(command: Command, sections?: readonly string[]): Command {
  command.addOption(
    new Option('--config <file>', `configuration file, YAML (env: ${configFileEnvironmentName})`),
  );
  for (const setting of settings) {
    const [section = ''] = setting.path.split('.');
    if (sections !== undefined && !sections.includes(section)) continue;
    const { description, defaultText } = documentationOf(setting.path);
    const names = environmentNames(setting).join(', ');
    command.addOption(new Option(setting.flag, `${description}${defaultText} (env: ${names})`));
  }
  return command;
}

/** Description and default of a setting, from the schema itself. */
function documentationOf(path: string): { readonly description: string; readonly defaultText: string } {
  const [section = '', key = ''] = path.split('.');
  const sectionSchema = (
    configSchema.shape as Record<string, { unwrap(): { shape: Record<string, unknown> } }>
  )[section];
  const leaf = sectionSchema?.unwrap().shape[key] as
    { description?: string; def: LeafDefinition } | undefined;
  const value = leaf?.def.defaultValue;
  return {
    description: leaf?.description ?? (leaf?.def.innerType?.description ?? '').trim(),
    defaultText: typeof value === 'string' || typeof value === 'number' ? ` (default: ${value})` : '',
  };
}

interface LeafDefinition {
  readonly defaultValue?: unknown;
  readonly innerType?: { readonly description?: string };
}
