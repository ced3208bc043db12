import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { javaDouble } from '../../../emulator/store/cell-text.ts';

describe('javaDouble', () => {
  // The results of Java's Double.toString (JDK 19 and later).
  it.each([
    [60, '60.0'],
    [0, '0.0'],
    [-0, '-0.0'],
    [0.5, '0.5'],
    [7.875, '7.875'],
    [0.001, '0.001'],
    [0.00123, '0.00123'],
    [0.0001, '1.0E-4'],
    [0.00012, '1.2E-4'],
    [9999999, '9999999.0'],
    [9999999.5, '9999999.5'],
    [10000000, '1.0E7'],
    [12345000, '1.2345E7'],
    [123456789012.5, '1.234567890125E11'],
    [-1234.5, '-1234.5'],
    [1e21, '1.0E21'],
    [5e-324, '4.9E-324'],
    [1.7976931348623157e308, '1.7976931348623157E308'],
    [0.1 + 0.2, '0.30000000000000004'],
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
  ])('prints %d as %s', (value, text) => {
    expect(javaDouble(value)).toBe(text);
  });

  it('prints every double so that it parses to the same value', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => Object.is(Number(javaDouble(value)), value)),
    );
  });
});
