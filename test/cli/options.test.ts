import { Command, InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { addConfigOptions, parseCount, parseDurationMs } from '../../src/cli/options.ts';
import { optionKey, settings } from '../../src/config/settings.ts';

const parsers = { parseCount, parseDurationMs };

describe('the value of a flag', () => {
  it.each<[keyof typeof parsers, string, unknown]>([
    ['parseDurationMs', '80ms', 80],
    ['parseDurationMs', '3s', 3000],
    ['parseDurationMs', '1.5m', 90_000],
    ['parseDurationMs', '2h', 7_200_000],
    ['parseDurationMs', '0s', 0],
    ['parseCount', '1', 1],
    ['parseCount', '999999', 999_999],
  ])('is parsed by %s from %s', (name, text, value) => {
    expect(parsers[name](text)).toEqual(value);
  });

  it.each<[keyof typeof parsers, string, readonly string[]]>([
    [
      'parseDurationMs',
      'It must be a duration such as 80ms, 3s, 10m or 1h.',
      ['', '3', '3 s', '-1s', '1d', 's', '1e3s'],
    ],
    ['parseCount', 'It must be a whole number from 1 to 999999.', ['', '0', '-1', '1.5', '1e3', '1000000']],
  ])('is refused by %s with "%s"', (name, message, texts) => {
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

  it('adds a flag for each setting, under the key that the configuration reads', () => {
    expect(keysOf()).toEqual(['config', ...settings.map(optionKey)]);
  });

  it('adds only the flags of the given sections', () => {
    expect(keysOf(['log'])).toEqual(['config', 'logLevel']);
  });

  it('leaves values as text, since the configuration checks them all together', () => {
    const command = new Command();
    addConfigOptions(command);
    command.parse(['--secure-port', 'x', '--delay', '5'], { from: 'user' });
    expect(command.opts()).toEqual({ securePort: 'x', delay: '5' });
  });
});
