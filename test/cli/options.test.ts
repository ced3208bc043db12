import { Command, InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  addConfigOptions,
  parseCount,
  parseDurationMs,
  parseListenAddress,
  parsePort,
  parseShare,
} from '../../src/cli/options.ts';
import { optionKey, settings } from '../../src/config/settings.ts';

const parsers = { parseCount, parseDurationMs, parseListenAddress, parsePort, parseShare };

describe('the value of a flag', () => {
  it.each<[keyof typeof parsers, string, unknown]>([
    ['parseDurationMs', '80ms', 80],
    ['parseDurationMs', '3s', 3000],
    ['parseDurationMs', '1.5m', 90_000],
    ['parseDurationMs', '2h', 7_200_000],
    ['parseDurationMs', '0s', 0],
    ['parseShare', '0', 0],
    ['parseShare', '0.1', 0.1],
    ['parseShare', '1', 1],
    ['parseShare', '1.0', 1],
    ['parseCount', '1', 1],
    ['parseCount', '999999', 999_999],
    ['parsePort', '0', 0],
    ['parsePort', '65535', 65_535],
    ['parseListenAddress', '127.0.0.1:8088', { host: '127.0.0.1', port: 8088 }],
    ['parseListenAddress', '[::1]:0', { host: '::1', port: 0 }],
    ['parseListenAddress', 'localhost:65535', { host: 'localhost', port: 65_535 }],
  ])('%s reads %s', (name, text, value) => {
    expect(parsers[name](text)).toEqual(value);
  });

  it.each<[keyof typeof parsers, string, readonly string[]]>([
    [
      'parseDurationMs',
      'It must be a duration such as 80ms, 3s, 10m or 1h.',
      ['', '3', '3 s', '-1s', '1d', 's', '1e3s'],
    ],
    ['parseShare', 'It must be a share from 0 to 1.', ['', '-0.1', '1.1', '2', '10%', '.5', 'x']],
    ['parseCount', 'It must be a whole number from 1 to 999999.', ['', '0', '-1', '1.5', '1e3', '1000000']],
    ['parsePort', 'It must be a port, a whole number from 0 to 65535.', ['', '-1', '65536', '80a', '1.5']],
    [
      'parseListenAddress',
      'It must be an address and a port, such as 127.0.0.1:8088.',
      ['', 'foo', ':8088', '127.0.0.1', '127.0.0.1:', '::1:80', '127.0.0.1:65536', '127.0.0.1:x'],
    ],
  ])('%s says "%s"', (name, message, texts) => {
    for (const text of texts) {
      expect(() => parsers[name](text), text).toThrow(new InvalidArgumentError(message));
    }
  });
});

describe('addConfigOptions', () => {
  const keysOf = (sections?: readonly string[]) => {
    const command = new Command();
    addConfigOptions(command, sections);
    return command.options.map((option) => option.attributeName());
  };

  it('gives each setting under the key by which the configuration looks for it', () => {
    expect(keysOf()).toEqual(['config', ...settings.map(optionKey)]);
  });

  it('leaves out the sections that a command makes no use of', () => {
    expect(keysOf(['log'])).toEqual(['config', 'logLevel']);
  });

  it('leaves values as text, for the configuration to check all at once', () => {
    const command = new Command();
    addConfigOptions(command);
    command.parse(['--secure-port', 'x', '--delay', '5'], { from: 'user' });
    expect(command.opts()).toEqual({ securePort: 'x', delay: '5' });
  });
});
