import { describe, expect, it } from 'vitest';
import { parseDouble, parseLong } from '../../../emulator/store/index-config.ts';

describe('parseLong', () => {
  it.each([
    ['0', 0n],
    ['200', 200n],
    ['+7', 7n],
    ['-7', -7n],
    ['9223372036854775807', 9223372036854775807n],
    ['9223372036854775808', null],
    ['-', null],
    ['', null],
    [' 5', null],
    ['1.5', null],
    ['1e3', null],
    ['0x10', null],
    ['1_000', null],
    ['200, 502', null],
  ])('reads %j as %s', (text, value) => {
    expect(parseLong(text)).toBe(value);
  });
});

describe('parseDouble', () => {
  it.each([
    ['0.123', 0.123],
    ['5', 5],
    ['.5', 0.5],
    ['5.', 5],
    ['-1.5E-3', -0.0015],
    ['1e400', null],
    ['-', null],
    ['', null],
    [' 5', null],
    ['0x10', null],
    ['Infinity', null],
    ['0.001, 0.002', null],
  ])('reads %j as %s', (text, value) => {
    expect(parseDouble(text)).toBe(value);
  });
});
