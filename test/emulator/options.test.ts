import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { parseListenAddress, parsePort, parseShare } from '../../emulator/options.ts';

const parsers = { parseListenAddress, parsePort, parseShare };

describe('the value of a flag of the emulator', () => {
  it.each<[keyof typeof parsers, string, unknown]>([
    ['parseShare', '0', 0],
    ['parseShare', '0.1', 0.1],
    ['parseShare', '1', 1],
    ['parseShare', '1.0', 1],
    ['parsePort', '0', 0],
    ['parsePort', '65535', 65_535],
    ['parseListenAddress', '127.0.0.1:8088', { host: '127.0.0.1', port: 8088 }],
    ['parseListenAddress', '[::1]:0', { host: '::1', port: 0 }],
    ['parseListenAddress', 'localhost:65535', { host: 'localhost', port: 65_535 }],
  ])('is parsed by %s from %s', (name, text, value) => {
    expect(parsers[name](text)).toEqual(value);
  });

  it.each<[keyof typeof parsers, string, readonly string[]]>([
    ['parseShare', 'It must be a share from 0 to 1.', ['', '-0.1', '1.1', '2', '10%', '.5', 'x']],
    ['parsePort', 'It must be a port, a whole number from 0 to 65535.', ['', '-1', '65536', '80a', '1.5']],
    [
      'parseListenAddress',
      'It must be an address and a port, such as 127.0.0.1:8088.',
      ['', 'foo', ':8088', '127.0.0.1', '127.0.0.1:', '::1:80', '127.0.0.1:65536', '127.0.0.1:x'],
    ],
  ])('is refused by %s with "%s"', (name, message, texts) => {
    for (const text of texts) {
      expect(() => parsers[name](text), text).toThrow(new InvalidArgumentError(message));
    }
  });
});
